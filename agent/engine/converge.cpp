// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/converge.hpp"

#include "agent/engine/bring_up.hpp"
#include "agent/engine/give_keys.hpp"
#include "agent/engine/take_down.hpp"
#include "agent/engine/upkeep.hpp"
#include "agent/store/operations.hpp"
#include "agent/store/sessions.hpp"
#include "agent/store/store.hpp"

namespace berth::agent {
namespace {

struct Found {
  std::optional<Session> session;
  std::optional<Operation> operation;
};

Result<Next> carry_on(Task task) {
  const bool undo = task.operation.error.has_value();
  switch (task.operation.kind) {
    case OperationKind::create:
      return undo ? clear_away(task) : bring_up(task);
    case OperationKind::start:
      return undo ? undo_start(task) : bring_up(task);
    case OperationKind::stop:
      return take_down(task);
    case OperationKind::terminate:
      return clear_away(task);
    case OperationKind::ssh_keys:
      return give_keys(task);
  }
  std::unreachable();
}

}  // namespace

Result<Next> converge(Surroundings& with, const SessionId& id) {
  const auto found = TRY(with.store.read([&](Database& db) -> Result<Found> {
    return Found{find_session(db, id), operation_under_way(db, id)};
  }));
  if (!found.session) return Next{};
  if (!found.operation) return keep_up(with, *found.session);
  auto next = carry_on(Task{with, *found.session, *found.operation});
  if (!next && next.error().code == Code::cancelled) {
    with.patience.worked(found.operation->id);
    return Next{0};
  }
  return next;
}

}  // namespace berth::agent
