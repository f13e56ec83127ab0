// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace berth::inspector {

/// A big-endian number of `length` bytes; the caller has checked that they are there.
inline std::uint64_t big_endian(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t length) {
  std::uint64_t value = 0;
  for (const auto byte : bytes.subspan(at, length)) value = value << 8 | byte;
  return value;
}
inline std::uint32_t u32(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint32_t>(big_endian(bytes, at, 4));
}
inline std::uint64_t u64(std::span<const std::uint8_t> bytes, std::size_t at) {
  return big_endian(bytes, at, 8);
}

/// Whether this text stands there.
inline bool stands_at(std::span<const std::uint8_t> bytes, std::size_t at, std::string_view text) {
  return at + text.size() <= bytes.size() &&
         std::string_view(reinterpret_cast<const char*>(bytes.data()) + at, text.size()) == text;
}

}  // namespace berth::inspector
