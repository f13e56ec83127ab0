// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/digest.hpp"

#include <sodium.h>

#include <array>

namespace berth::agent {

std::string digest_of(std::initializer_list<std::string_view> parts) {
  crypto_generichash_state state;
  std::array<unsigned char, crypto_generichash_BYTES> digest{};
  crypto_generichash_init(&state, nullptr, 0, digest.size());
  for (const auto part : parts)
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()), part.size());
  crypto_generichash_final(&state, digest.data(), digest.size());
  std::array<char, 2 * crypto_generichash_BYTES + 1> text{};
  return sodium_bin2hex(text.data(), text.size(), digest.data(), digest.size());
}

}  // namespace berth::agent
