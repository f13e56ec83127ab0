// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/operations.hpp"

#include "agent/api/error_json.hpp"
#include "agent/engine/plan.hpp"
#include "agent/model_names.hpp"
#include "agent/store/events.hpp"
#include "agent/store/keys.hpp"
#include "core/json.hpp"

namespace berth::agent {
namespace {

/// The columns of operation_rows (store_schema.cpp), in their order.
std::optional<Operation> operation_in(const Rows& rows) {
  Operation operation;
  operation.id = rows.parsed<OperationId>(0);
  operation.kind = rows.parsed(1, parse_operation_kind);
  operation.session = rows.parsed<SessionId>(2);
  operation.user = rows.parsed<UserId>(3);
  operation.user_name = rows.text(4);
  operation.state = rows.parsed(5, parse_operation_state);
  operation.step = rows.text(6);
  operation.steps_done = static_cast<unsigned>(rows.number(7));
  operation.steps_total = static_cast<unsigned>(rows.number(8));
  if (!rows.null(9)) operation.error = error_from_json(rows.text(9));
  operation.created_at = rows.time(10);
  if (!rows.null(11)) operation.finished_at = rows.time(11);
  return operation;
}

std::optional<Operation> first(Rows rows) {
  return rows.next() ? operation_in(rows) : std::nullopt;
}

}  // namespace

std::optional<Operation> find_operation(Database& db, const OperationId& id) {
  return first(db.query("SELECT * FROM operation_rows WHERE id = ?", id));
}

std::optional<Operation> operation_under_way(Database& db, const SessionId& session) {
  return first(db.query("SELECT * FROM operation_rows WHERE session = ? AND state = 'running'", session));
}

std::optional<Operation> creation_of(Database& db, const SessionId& session) {
  return first(db.query("SELECT * FROM operation_rows WHERE session = ? AND kind = 'create'", session));
}

std::optional<Operation> last_success(Database& db, const SessionId& session, OperationKind kind) {
  return first(db.query(
      "SELECT * FROM operation_rows WHERE session = ? AND kind = ? AND state = 'succeeded' ORDER BY id DESC LIMIT 1",
      session, name_of(kind)));
}

Operation open_operation(Database& db, OperationKind kind, const Session& session, Time now) {
  Operation operation;
  operation.id = OperationId::make();
  operation.kind = kind;
  operation.session = session.id;
  operation.user = session.user;
  operation.user_name = session.user_name;
  operation.steps_total = steps_of(kind, session);
  operation.created_at = now;
  db.run("INSERT INTO operations (id, kind, session, state, steps_total, created_at) VALUES (?, ?, ?, 'running', ?, ?)",
         operation.id, name_of(kind), session.id, operation.steps_total, now);
  return operation;
}

Operation open_key_operation(Database& db, const Session& session, const std::vector<SshKey>& keys, Time now) {
  auto operation = open_operation(db, OperationKind::ssh_keys, session, now);
  db.run("UPDATE operations SET ssh_keys = ? WHERE id = ?", to_lines(keys), operation.id);
  return operation;
}

std::vector<SshKey> keys_of_operation(Database& db, const OperationId& id) {
  auto rows = db.query("SELECT ssh_keys FROM operations WHERE id = ?", id);
  return rows.next() ? from_lines(rows.text(0)) : std::vector<SshKey>{};
}

void set_step(Database& db, const OperationId& id, std::string_view step) {
  db.run("UPDATE operations SET step = ? WHERE id = ?", step, id);
}

Operation finish_operation(Database& db, const Operation& operation, const std::optional<Error>& error, Time now) {
  auto ended = find_operation(db, operation.id).value_or(operation);
  ended.state = error ? OperationState::failed : OperationState::succeeded;
  ended.step.clear();
  ended.error = error;
  ended.finished_at = now;
  if (!error) ended.steps_done = ended.steps_total;
  const auto text = error ? std::optional(dump_json(error_to_json(*error))) : std::nullopt;
  db.run(
      "UPDATE operations SET state = ?, step = '', error = ?, steps_done = ?, finished_at = ?, ssh_keys = NULL WHERE "
      "id = ?",
      name_of(ended.state), text, ended.steps_done, now, ended.id);
  append_event(db, now, operation_event(ended));
  return ended;
}

}  // namespace berth::agent
