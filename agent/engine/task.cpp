// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/task.hpp"

#include "agent/api/error_json.hpp"
#include "agent/engine/plan.hpp"
#include "agent/store/events.hpp"
#include "agent/store/journal.hpp"
#include "agent/store/operations.hpp"
#include "agent/store/sessions.hpp"
#include "agent/store/store.hpp"

namespace berth::agent {
namespace {

/// Terminations, and undoing what failed, cannot be given up: something would be left on the host.
bool must_succeed(const Task& task) {
  return task.operation.kind == OperationKind::terminate || task.operation.error;
}

/// From now on the operation removes what it made; its error is kept until that is done.
Result<Next> turn_back(Task& task, const Error& error) {
  TRY(task.with.store.write([&](Database& db) -> Result<void> {
    TRY(check_under_way(db, task.operation.id));
    begin_undo(db, task.operation.id, error);
    if (task.operation.kind != OperationKind::create) return {};
    move_session(db, task.session, Goal::terminated, Phase::terminating, error);
    append_event(db, task.now(), session_event("session.failed", task.session, {{"reason", error_to_json(error)}}));
    return {};
  }));
  return Next{0};
}

Result<Next> give_up_stop(Task& task, const Error& error) {
  TRY(conclude(task, error, [&](Database& db) {
    move_session(db, task.session, Goal::stopped, Phase::failed, error);
    append_event(db, task.now(), session_event("session.failed", task.session, {{"reason", error_to_json(error)}}));
  }));
  return Next{};
}

Result<Next> give_up_keys(Task& task, const Error& error) {
  TRY(conclude(task, error, [](Database&) {}));
  return Next{0};
}

}  // namespace

Result<void> begin_step(Task& task, unsigned position, std::string_view step) {
  task.with.pulse.beat();
  return task.with.store.write(
      [&](Database& db) { return journal_begun(db, task.operation.id, position, step, task.now(), task.moment()); });
}

Result<void> end_step(Task& task, unsigned position) {
  const bool first = TRY(
      task.with.store.write([&](Database& db) { return journal_done(db, task.operation.id, position, task.now()); }));
  if (first) task.with.patience.worked(task.operation.id);  // again is no progress: another step keeps failing
  return {};
}

Result<void> conclude(Task& task, const std::optional<Error>& error, const std::function<void(Database&)>& end) {
  task.with.patience.worked(task.operation.id);
  return task.with.store.write([&](Database& db) -> Result<void> {
    TRY(check_under_way(db, task.operation.id));
    end(db);
    finish_operation(db, task.operation, error, task.now());
    return {};
  });
}

Result<Next> try_later(Task& task, const Error& error) {
  const auto failure = task.with.patience.failed(task.operation.id, task.moment());
  TRY(task.with.store.write([&](Database& db) {
    return journal_trouble(db, task.operation.id, "trying again: " + describe(error), failure.first, task.now());
  }));
  return Next{failure.pause};
}

Result<Next> failed(Task& task, const Error& error) {
  const auto lasting = task.with.patience.lasting(task.operation.id, task.moment());
  if (must_succeed(task) || (may_pass(error.code) && lasting < task.with.settings.retry_for))
    return try_later(task, error);
  switch (task.operation.kind) {
    case OperationKind::create:
    case OperationKind::start:
      return turn_back(task, error);
    case OperationKind::stop:
      return give_up_stop(task, error);
    case OperationKind::ssh_keys:
      return give_up_keys(task, error);
    case OperationKind::terminate:
      break;
  }
  std::unreachable();
}

Result<std::vector<Error>> remove_in_reverse(Task& task, const std::vector<Spec>& specs, unsigned position) {
  std::vector<Error> refused;
  for (const auto& spec : specs | std::views::reverse) {
    TRY(begin_step(task, position, removing(kind_of(spec))));
    auto removed = task.with.host.driver(kind_of(spec)).remove(id_of(spec));
    if (removed)
      TRY(end_step(task, position));
    else
      refused.push_back(std::move(removed).error());
    ++position;
  }
  return refused;
}

}  // namespace berth::agent
