// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/ssh_key.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <vector>

namespace berth {
namespace {

constexpr std::array<std::string_view, 7> types{"ssh-ed25519",
                                                "ecdsa-sha2-nistp256",
                                                "ecdsa-sha2-nistp384",
                                                "ecdsa-sha2-nistp521",
                                                "sk-ssh-ed25519@openssh.com",
                                                "sk-ecdsa-sha2-nistp256@openssh.com",
                                                "ssh-rsa"};
constexpr std::size_t longest_line = 2048;    // a 4096-bit RSA key has 716 digits of base 64
constexpr std::size_t longest_comment = 256;  // lists of sessions show it: it must not fill the agent's memory

Error refused(const char* why) {
  return {Code::invalid_field, why, {{"field", "ssh_keys"}}};
}

/// The blob of RFC 4253, 6.6, which begins with the length and the text of the type.
bool begins_with_type(const std::vector<unsigned char>& blob, std::string_view type) {
  return blob.size() > 4 + type.size() && blob[0] == 0 && blob[1] == 0 && blob[2] == 0 && blob[3] == type.size() &&
         std::equal(type.begin(), type.end(), blob.begin() + 4);
}

Result<std::vector<unsigned char>> decode(std::string_view base64) {
  std::vector<unsigned char> blob(base64.size());
  std::size_t length = 0;
  const char* end = nullptr;
  if (sodium_base642bin(blob.data(), blob.size(), base64.data(), base64.size(), nullptr, &length, &end,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != base64.data() + base64.size())
    return std::unexpected(refused("an SSH key's second word must be base 64"));
  blob.resize(length);
  return blob;
}

std::string fingerprint_of(const std::vector<unsigned char>& blob) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), blob.data(), blob.size());
  std::array<char, 64> text{};
  sodium_bin2base64(text.data(), text.size(), digest.data(), digest.size(), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  return std::string("SHA256:") + text.data();
}

}  // namespace

Result<SshKey> SshKey::parse(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.remove_suffix(1);
  if (line.size() > longest_line) return std::unexpected(refused("an SSH key may have 2048 characters at most"));
  const auto space = line.find(' ');
  const auto type = line.substr(0, space);
  if (space == std::string_view::npos || std::ranges::find(types, type) == types.end())
    return std::unexpected(
        refused("an SSH key must be a public key line: ssh-ed25519, ecdsa-sha2-… or ssh-rsa, then base 64"));
  const auto rest = line.substr(space + 1);
  const auto blob = TRY(decode(rest.substr(0, rest.find(' '))));
  if (!begins_with_type(blob, type)) return std::unexpected(refused("an SSH key's type and contents do not agree"));
  const bool clean = std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (!clean)
    return std::unexpected(refused("an SSH key's comment must be printable ASCII without quotes or backslashes"));
  SshKey key;
  key.line_ = line;
  key.fingerprint_ = fingerprint_of(blob);
  if (key.comment().size() > longest_comment)
    return std::unexpected(refused("an SSH key's comment may have 256 characters at most"));
  return key;
}

std::string SshKey::comment() const {
  const auto base64 = line_.find(' ');
  const auto comment = line_.find(' ', base64 + 1);
  return comment == std::string::npos ? "" : line_.substr(comment + 1);
}

}  // namespace berth
