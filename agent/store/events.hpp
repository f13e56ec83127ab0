// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "agent/events.hpp"
#include "agent/model.hpp"
#include "agent/store/database.hpp"

namespace berth::agent {

/// An event about a session, "session.running" and the like; time and id come with `append_event`.
Event session_event(std::string_view type, const Session& session,
                    const nlohmann::json& data = nlohmann::json::object());
/// What the operation is now: "operation.progress", "operation.succeeded" or "operation.failed".
Event operation_event(const Operation& operation);

/// Gives it the next number: they have no gaps, since a number is given with the commit or not at all.
void append_event(Database& db, Time now, const Event& event);

std::vector<Event> events_after(Database& db, std::uint64_t id, const EventFilter& filter, std::size_t limit);
/// 0 when there has been none.
std::uint64_t newest_event_id(Database& db);
std::uint64_t oldest_event_id(Database& db);
/// Deletes the oldest but the newest `keep`, at most `batch` at a time; how many.
std::size_t prune_events(Database& db, std::uint64_t keep, std::size_t batch);

}  // namespace berth::agent
