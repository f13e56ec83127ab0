// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "storage/inspector/checked.hpp"

namespace berth::inspector {

/// A range of the file under inspection, read by position. No read leaves the range.
class Source {
 public:
  Source(int fd, std::uint64_t at, std::uint64_t size) : fd_(fd), at_(at), size_(size) {}

  std::uint64_t size() const { return size_; }
  /// Where the range begins in the file.
  std::uint64_t at() const { return at_; }
  /// Whether `length` bytes at `offset` are within the range; takes any numbers.
  bool has(std::uint64_t offset, std::uint64_t length) const { return offset <= size_ && length <= size_ - offset; }
  /// A part of this range, which must have it.
  Source part(std::uint64_t offset, std::uint64_t length) const { return {fd_, at_ + offset, length}; }

  /// Fills `into`; refused when the range does not have that much.
  Checked<void> read(std::uint64_t offset, std::span<std::uint8_t> into) const;
  /// The first bytes, at most `most`, less when the range is shorter.
  Checked<std::vector<std::uint8_t>> head(std::uint64_t most) const;

 private:
  int fd_;
  std::uint64_t at_, size_;
};

}  // namespace berth::inspector
