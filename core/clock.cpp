// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/clock.hpp"

#include <fmt/chrono.h>
#include <time.h>

namespace berth {

Time SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Moment SystemClock::moment() const {
  timespec since{};
  (void)clock_gettime(CLOCK_BOOTTIME, &since);  // cannot fail: the clock is known to every Linux since 2.6.39
  return Moment(std::chrono::duration_cast<Uptime::duration>(std::chrono::seconds(since.tv_sec) +
                                                             std::chrono::nanoseconds(since.tv_nsec)));
}

std::string to_text(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (time - seconds).count());
}

}  // namespace berth
