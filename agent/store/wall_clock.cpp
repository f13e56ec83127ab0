// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/wall_clock.hpp"

#include "agent/store/events.hpp"
#include "agent/store/facts.hpp"
#include "core/json.hpp"

namespace berth::agent {
namespace {

using std::chrono::milliseconds;

/// Less is the work of those who keep the clock right, bit by bit.
constexpr milliseconds noticed{1000};

/// Services that set the clock by the network have done so by then.
constexpr std::chrono::minutes settles_within{5};

constexpr const char* ahead_of_uptime = "wall_clock_ahead_of_uptime_ms";

struct Reading {
  Time now;
  milliseconds ahead;  ///< of the uptime
};

Reading read(const Clock& clock) {
  const auto now = clock.now();
  return {now, now.time_since_epoch() - clock.moment().time_since_epoch()};
}

/// By how much the wall clock was set; 0 while it is not known where it was.
milliseconds set_by(Database& db, const Reading& reading) {
  const auto before = fact(db, ahead_of_uptime);
  const auto by = before ? reading.ahead - milliseconds(std::stoll(*before)) : milliseconds(0);
  return std::chrono::abs(by) > noticed ? by : milliseconds(0);
}

void keep(Database& db, const Reading& reading) {
  remember(db, ahead_of_uptime, std::to_string(reading.ahead.count()));
}

/// When sessions were made, by the clock as it was before it was set.
struct Made {
  Time from{}, to = Time::max();
};

void move_ends(Database& db, const Reading& reading, milliseconds by, const Settings& settings, const Made& made) {
  db.run(
      "UPDATE sessions SET expires_at = min(expires_at + ?, ?) "
      "WHERE gone_at IS NULL AND created_at BETWEEN ? AND ?",
      static_cast<std::int64_t>(by.count()), reading.now + settings.longest_time_to_live, made.from, made.to);
  Event event;
  event.type = "clock.set";
  event.data = dump_json({{"milliseconds", by.count()}});
  append_event(db, reading.now, event);
}

}  // namespace

bool wall_clock_was_set(Database& db, const Clock& clock) {
  return set_by(db, read(clock)) != milliseconds(0);
}

Time follow_wall_clock(Database& db, const Clock& clock, const Settings& settings) {
  const auto reading = read(clock);
  const auto by = set_by(db, reading);
  if (by != milliseconds(0))
    move_ends(db, reading, by, settings,
              wall_clock_settles(clock) ? Made{Time(reading.ahead - by), reading.now - by} : Made{});
  if (by != milliseconds(0) || !fact(db, ahead_of_uptime)) keep(db, reading);
  return reading.now;
}

void trust_wall_clock(Database& db, const Clock& clock) {
  keep(db, read(clock));
}

bool wall_clock_settles(const Clock& clock) {
  return clock.moment().time_since_epoch() < settles_within;
}

}  // namespace berth::agent
