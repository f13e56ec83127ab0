// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/events.hpp"

#include "agent/api/error_json.hpp"
#include "agent/model_names.hpp"
#include "core/json.hpp"

namespace berth::agent {
namespace {

using nlohmann::json;

Event event_in(const Rows& rows) {
  Event event;
  event.id = static_cast<std::uint64_t>(rows.number(0));
  event.time = rows.time(1);
  event.type = rows.text(2);
  if (!rows.null(3)) event.user = rows.text(3);
  if (!rows.null(4)) event.session = rows.parsed<SessionId>(4);
  if (!rows.null(5)) event.operation = rows.parsed<OperationId>(5);
  event.data = rows.text(6);
  return event;
}

const char* type_of(const Operation& operation) {
  switch (operation.state) {
    case OperationState::running:
      return "operation.progress";
    case OperationState::succeeded:
      return "operation.succeeded";
    case OperationState::failed:
      return "operation.failed";
  }
  std::unreachable();
}

}  // namespace

Event session_event(std::string_view type, const Session& session, const json& data) {
  Event event;
  event.type = type;
  event.user = session.user_name;
  event.session = session.id;
  event.operation = session.operation;
  auto all = data;
  all["name"] = session.name;
  event.data = dump_json(all);
  return event;
}

Event operation_event(const Operation& operation) {
  json data{{"kind", name_of(operation.kind)},
            {"step", operation.step},
            {"steps_done", operation.steps_done},
            {"steps_total", operation.steps_total}};
  if (operation.error) data["error"] = error_to_json(*operation.error);
  Event event;
  event.type = type_of(operation);
  event.user = operation.user_name;
  event.session = operation.session;
  event.operation = operation.id;
  event.data = dump_json(data);
  return event;
}

void append_event(Database& db, Time now, const Event& event) {
  db.run("INSERT INTO events (time, type, user, session, operation, data) VALUES (?, ?, ?, ?, ?, ?)", now, event.type,
         event.user, event.session, event.operation, event.data);
}

std::vector<Event> events_after(Database& db, std::uint64_t id, const EventFilter& filter, std::size_t limit) {
  auto rows = db.query(
      "SELECT id, time, type, user, session, operation, data FROM events WHERE id > ?1 AND (?2 IS NULL OR user = ?2) "
      "AND (?3 IS NULL OR session = ?3) AND (?4 IS NULL OR operation = ?4) ORDER BY id LIMIT ?5",
      static_cast<std::int64_t>(id), filter.user, filter.session, filter.operation, static_cast<std::int64_t>(limit));
  std::vector<Event> events;
  while (rows.next()) events.push_back(event_in(rows));
  return events;
}

std::uint64_t newest_event_id(Database& db) {
  return static_cast<std::uint64_t>(db.number("SELECT seq FROM sqlite_sequence WHERE name = 'events'"));
}

std::uint64_t oldest_event_id(Database& db) {
  return static_cast<std::uint64_t>(db.number("SELECT min(id) FROM events"));
}

std::size_t prune_events(Database& db, std::uint64_t keep, std::size_t batch) {
  const auto last = static_cast<std::int64_t>(newest_event_id(db)) - static_cast<std::int64_t>(keep);
  return static_cast<std::size_t>(
      db.run("DELETE FROM events WHERE id IN (SELECT id FROM events WHERE id <= ? ORDER BY id LIMIT ?)", last,
             static_cast<std::int64_t>(batch)));
}

}  // namespace berth::agent
