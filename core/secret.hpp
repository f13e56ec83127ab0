// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace berth {

/// Key bytes. In memory of their own that is locked (within RLIMIT_MEMLOCK), left out of core dumps and wiped at the
/// end (sodium_malloc). Move-only; there is no way to print one or to compare one in a time that tells something.
class Secret {
 public:
  /// `size` zero bytes. Throws std::bad_alloc when there is no memory. Beyond RLIMIT_MEMLOCK the
  /// library leaves it unlocked without a word: the unit sets that limit.
  explicit Secret(std::size_t size);
  static Secret random(std::size_t size);
  /// Takes the bytes over and wipes the source.
  static Secret taking(std::span<std::uint8_t> source);

  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  std::span<std::uint8_t> bytes() { return {data_, size_}; }
  std::span<const std::uint8_t> bytes() const { return {data_, size_}; }
  std::size_t size() const { return size_; }

 private:
  std::uint8_t* data_;
  std::size_t size_;
};

}  // namespace berth
