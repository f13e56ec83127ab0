// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/termination.hpp"

#include "agent/store/operations.hpp"
#include "agent/store/sessions.hpp"

namespace berth::agent {

Operation begin_termination(Database& db, const Session& session, Time now) {
  if (const auto other = operation_under_way(db, session.id))
    finish_operation(
        db, *other,
        Error{Code::cancelled, "given up because the session is being terminated", {{"session", session.id.str()}}},
        now);
  move_session(db, session, Goal::terminated, Phase::terminating);
  return open_operation(db, OperationKind::terminate, session, now);
}

}  // namespace berth::agent
