// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/secret.hpp"

namespace berth {

/// Every key in this room has 256 bits.
inline constexpr std::size_t key_size = 32;
/// Bytes of a wrapped key: a nonce of 24, the key, a tag of 16 (XChaCha20-Poly1305, libsodium).
inline constexpr std::size_t wrapped_size = 24 + key_size + 16;

/// Encrypts a key under another with a random nonce. `bound_to` is authenticated with it: a file that was moved to
/// another user's or volume's name does not open.
std::vector<std::uint8_t> wrap(const Secret& key, const Secret& under, std::string_view bound_to);

/// The key, or nothing when the bytes, the key above or `bound_to` are not those of `wrap`.
std::optional<Secret> unwrap(std::span<const std::uint8_t> wrapped, const Secret& under, std::string_view bound_to);

}  // namespace berth
