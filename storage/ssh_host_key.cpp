// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/ssh_host_key.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "storage/wrap.hpp"

namespace berth {
namespace {

constexpr char context[crypto_kdf_CONTEXTBYTES + 1] = "ssh-host";
constexpr std::uint64_t seed_number = 1, check_number = 2;  // subkeys of the volume key in this context
constexpr std::string_view type = "ssh-ed25519";
static_assert(key_size == crypto_kdf_KEYBYTES);

using Bytes8 = std::span<const std::uint8_t>;

Bytes8 bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Fills a Secret from its start, so that no copy of a part stays behind in memory.
class Writer {
 public:
  explicit Writer(Secret& into) : into_(into) {}
  void raw(Bytes8 bytes) {
    std::ranges::copy(bytes, into_.bytes().subspan(length_, bytes.size()).begin());
    length_ += bytes.size();
  }
  void raw(std::string_view text) { raw(bytes_of(text)); }
  void number(std::uint32_t value) {
    const std::array<std::uint8_t, 4> bytes{static_cast<std::uint8_t>(value >> 24),
                                            static_cast<std::uint8_t>(value >> 16),
                                            static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
    raw(bytes);
  }
  /// A string of RFC 4251, section 5: its length, then its bytes.
  void string(Bytes8 bytes) {
    number(static_cast<std::uint32_t>(bytes.size()));
    raw(bytes);
  }
  void string(std::string_view text) { string(bytes_of(text)); }
  Bytes8 written() const { return into_.bytes().first(length_); }
  std::size_t length() const { return length_; }

 private:
  Secret& into_;
  std::size_t length_ = 0;
};

struct KeyPair {
  std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> open{};
  Secret hidden{crypto_sign_SECRETKEYBYTES};  ///< seed and public key, as OpenSSH stores it too
};

KeyPair key_pair(const Secret& volume_key) {
  Secret seed(crypto_sign_SEEDBYTES);
  crypto_kdf_derive_from_key(seed.bytes().data(), seed.size(), seed_number, context, volume_key.bytes().data());
  KeyPair pair;
  crypto_sign_seed_keypair(pair.open.data(), pair.hidden.bytes().data(), seed.bytes().data());
  return pair;
}

/// RFC 8709, section 4.
std::vector<std::uint8_t> public_blob(const KeyPair& pair) {
  Secret blob(128);
  Writer out(blob);
  out.string(type);
  out.string(pair.open);
  return {out.written().begin(), out.written().end()};
}

/// The two equal numbers by which OpenSSH sees that a key was decrypted right; made from the key, so that the text is
/// the same every time.
std::uint32_t check_number_of(const Secret& volume_key) {
  std::array<std::uint8_t, crypto_kdf_BYTES_MIN> bytes{};
  crypto_kdf_derive_from_key(bytes.data(), bytes.size(), check_number, context, volume_key.bytes().data());
  return static_cast<std::uint32_t>(bytes[0]) << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

Secret private_section(const KeyPair& pair, std::uint32_t check) {
  Secret section(256);
  Writer out(section);
  out.number(check);
  out.number(check);
  out.string(type);
  out.string(pair.open);
  out.string(pair.hidden.bytes());
  out.string("");  // comment
  for (std::uint8_t pad = 1; out.length() % 8 != 0; ++pad) out.raw(Bytes8(&pad, 1));
  return Secret::taking(section.bytes().first(out.length()));
}

Secret openssh_blob(const KeyPair& pair, std::uint32_t check) {
  const Secret section = private_section(pair, check);
  Secret blob(512);
  Writer out(blob);
  out.raw(std::string_view("openssh-key-v1\0", 15));
  out.string("none");  // cipher
  out.string("none");  // key derivation
  out.string("");      // its options
  out.number(1);       // keys
  out.string(public_blob(pair));
  out.string(section.bytes());
  return Secret::taking(blob.bytes().first(out.length()));
}

}  // namespace

std::string ssh_public_line(const Secret& volume_key) {
  const auto blob = public_blob(key_pair(volume_key));
  std::array<char, 128> base64{};
  sodium_bin2base64(base64.data(), base64.size(), blob.data(), blob.size(), sodium_base64_VARIANT_ORIGINAL);
  return std::string(type) + " " + base64.data();
}

Secret ssh_private_pem(const Secret& volume_key) {
  const auto blob = openssh_blob(key_pair(volume_key), check_number_of(volume_key));
  Secret base64(sodium_base64_encoded_len(blob.size(), sodium_base64_VARIANT_ORIGINAL));
  sodium_bin2base64(reinterpret_cast<char*>(base64.bytes().data()), base64.size(), blob.bytes().data(), blob.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  Secret text(1024);
  Writer out(text);
  out.raw("-----BEGIN OPENSSH PRIVATE KEY-----\n");
  constexpr std::size_t width = 70;  // OpenSSH's own
  for (auto rest = Bytes8(base64.bytes()).first(base64.size() - 1); !rest.empty();) {
    const auto line = rest.first(std::min(width, rest.size()));
    out.raw(line);
    out.raw("\n");
    rest = rest.subspan(line.size());
  }
  out.raw("-----END OPENSSH PRIVATE KEY-----\n");
  return Secret::taking(text.bytes().first(out.length()));
}

}  // namespace berth
