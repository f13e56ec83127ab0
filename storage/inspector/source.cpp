// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/inspector/source.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace berth::inspector {

Checked<void> Source::read(std::uint64_t offset, std::span<std::uint8_t> into) const {
  if (!has(offset, into.size())) return refuse("the file is truncated", "copy the file again, whole");
  while (!into.empty()) {
    const auto got = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(at_ + offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return refuse("the file cannot be read to its end", "check the host's disk, then import again");
    into = into.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

Checked<std::vector<std::uint8_t>> Source::head(std::uint64_t most) const {
  std::vector<std::uint8_t> bytes(std::min(most, size_));
  TRY(read(0, bytes));
  return bytes;
}

}  // namespace berth::inspector
