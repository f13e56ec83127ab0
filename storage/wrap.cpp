// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/wrap.hpp"

#include <sodium.h>

#include <stdexcept>

namespace berth {
namespace {

constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
static_assert(wrapped_size == nonce_size + key_size + crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(key_size == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::vector<std::uint8_t> wrap(const Secret& key, const Secret& under, std::string_view bound_to) {
  if (key.size() != key_size || under.size() != key_size) throw std::logic_error("a key has 256 bits");
  std::vector<std::uint8_t> wrapped(wrapped_size);
  randombytes_buf(wrapped.data(), nonce_size);
  crypto_aead_xchacha20poly1305_ietf_encrypt(wrapped.data() + nonce_size, nullptr, key.bytes().data(), key.size(),
                                             bytes_of(bound_to), bound_to.size(), nullptr, wrapped.data(),
                                             under.bytes().data());
  return wrapped;
}

std::optional<Secret> unwrap(std::span<const std::uint8_t> wrapped, const Secret& under, std::string_view bound_to) {
  if (wrapped.size() != wrapped_size || under.size() != key_size) return std::nullopt;
  Secret key(key_size);
  const auto sealed = wrapped.subspan(nonce_size);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(key.bytes().data(), nullptr, nullptr, sealed.data(), sealed.size(),
                                                 bytes_of(bound_to), bound_to.size(), wrapped.data(),
                                                 under.bytes().data()) != 0)
    return std::nullopt;
  return key;
}

}  // namespace berth
