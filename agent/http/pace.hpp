// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace berth::agent {

/// How slow a client may be: the time that any number of bytes has, and what more of them add to it.
struct Pace {
  std::chrono::milliseconds patience;
  std::uint64_t least_bytes_per_millisecond = 1024;  ///< about 1 MiB/s, which no client on the same host falls short of
  std::chrono::milliseconds most = std::chrono::milliseconds::max();

  std::chrono::milliseconds time_for(std::uint64_t bytes) const {
    return std::min(most, patience + std::chrono::milliseconds(bytes / least_bytes_per_millisecond));
  }
};

}  // namespace berth::agent
