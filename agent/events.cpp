// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/events.hpp"

#include "agent/store/events.hpp"
#include "agent/store/store.hpp"

namespace berth::agent {

Result<std::vector<Event>> Events::after(std::uint64_t id, const EventFilter& filter, std::size_t limit) {
  return store_.read([&](Database& db) -> Result<std::vector<Event>> { return events_after(db, id, filter, limit); });
}

bool Events::wait(std::uint64_t id, std::chrono::milliseconds time) {
  return store_.wait_for_event(id, time);
}

std::uint64_t Events::newest() {
  return store_.newest_event();
}

std::uint64_t Events::oldest() {
  return store_.read([](Database& db) -> Result<std::uint64_t> { return oldest_event_id(db); }).value_or(0);
}

}  // namespace berth::agent
