// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/journal.hpp"

#include <algorithm>

#include "agent/api/error_json.hpp"
#include "agent/store/events.hpp"
#include "agent/store/operations.hpp"
#include "core/json.hpp"

namespace berth::agent {
namespace {

Result<Operation> under_way(Database& db, const OperationId& id) {
  auto operation = find_operation(db, id);
  if (operation && operation->state == OperationState::running) return *operation;
  return std::unexpected(Error{Code::cancelled, "the operation was given up", {{"operation", id.str()}}});
}

void show(Database& db, Operation& operation, std::string_view step, bool news, Time now) {
  if (operation.step != step) set_step(db, operation.id, step);
  operation.step = step;
  if (news) append_event(db, now, operation_event(operation));
}

}  // namespace

Result<void> journal_begun(Database& db, const OperationId& id, unsigned position, std::string_view step, Time now,
                           Moment moment) {
  auto operation = TRY(under_way(db, id));
  const bool news = db.run(
                        "INSERT INTO journal (operation, position, step, begun_at) VALUES (?, ?, ?, ?) "
                        "ON CONFLICT DO NOTHING",
                        id, position, step, moment) > 0;
  show(db, operation, step, news, now);
  return {};
}

Result<void> journal_trouble(Database& db, const OperationId& id, std::string_view trouble, bool news, Time now) {
  auto operation = TRY(under_way(db, id));
  show(db, operation, trouble, news, now);
  return {};
}

Result<void> check_under_way(Database& db, const OperationId& id) {
  TRY(under_way(db, id));
  return {};
}

void begin_undo(Database& db, const OperationId& id, const Error& error) {
  db.run("DELETE FROM journal WHERE operation = ?", id);
  db.run("UPDATE operations SET error = ?, steps_done = 0 WHERE id = ?", dump_json(error_to_json(error)), id);
}

Result<bool> journal_done(Database& db, const OperationId& id, unsigned position, Time now) {
  TRY(under_way(db, id));
  if (db.run("UPDATE journal SET done_at = ? WHERE operation = ? AND position = ? AND done_at IS NULL", now, id,
             position) == 0)
    return false;
  db.run(
      "UPDATE operations SET steps_done = (SELECT count(*) FROM journal WHERE operation = ?1 AND done_at IS NOT NULL) "
      "WHERE id = ?1",
      id);
  return true;
}

Moment begun_at(Database& db, const OperationId& operation, unsigned position, Moment now) {
  auto rows = db.query("SELECT begun_at FROM journal WHERE operation = ? AND position = ?", operation, position);
  return rows.next() ? std::min(rows.moment(0), now) : now;
}

bool is_done(Database& db, const OperationId& operation, unsigned position) {
  return db.number("SELECT EXISTS (SELECT 1 FROM journal WHERE operation = ? AND position = ? AND done_at IS NOT NULL)",
                   operation, position) != 0;
}

void forget_steps(Database& db) {
  db.run("DELETE FROM journal WHERE operation IN (SELECT id FROM operations WHERE state = 'running')");
  db.run("UPDATE operations SET steps_done = 0 WHERE state = 'running'");
}

}  // namespace berth::agent
