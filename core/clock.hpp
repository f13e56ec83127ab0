// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <string>


namespace berth {

/// Wall-clock time in whole milliseconds, as it is stored and shown.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// What time it is; a test has a clock of its own.
struct Clock {
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

struct SystemClock : Clock {
  Time now() const override;
};

/// "2026-02-03T04:05:06.789Z" (RFC 3339, UTC).
std::string to_text(Time time);

}  // namespace berth
