// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <string>

namespace berth {

/// Wall-clock time in whole milliseconds, as it is stored and shown. Somebody may set it at any moment.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// The time since the host was booted, suspends included (CLOCK_BOOTTIME, clock_gettime(2)): nobody can set it.
struct Uptime {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Uptime>;
  static constexpr bool is_steady = true;
};
/// When something was due or happened, for as long as the host is not booted again.
using Moment = Uptime::time_point;

/// What time it is; a test has a clock of its own.
struct Clock {
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  virtual Moment moment() const = 0;
};

struct SystemClock : Clock {
  Time now() const override;
  Moment moment() const override;
};

/// "2026-02-03T04:05:06.789Z" (RFC 3339, UTC).
std::string to_text(Time time);

}  // namespace berth
