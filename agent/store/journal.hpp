// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string_view>

#include "agent/model.hpp"
#include "agent/store/database.hpp"

namespace berth::agent {

/// The journal of an operation's steps: `begun` before acting, `done` after. Beginning is an event of progress too. A
/// step that has begun before keeps its first moment. `cancelled` when the operation is not under way any more.
Result<void> journal_begun(Database& db, const OperationId& operation, unsigned position, std::string_view step,
                           Time now, Moment moment);
/// Whether it was not done before.
Result<bool> journal_done(Database& db, const OperationId& operation, unsigned position, Time now);
/// Shows why the operation does not go on; as an event where it is `news`.
Result<void> journal_trouble(Database& db, const OperationId& operation, std::string_view trouble, bool news, Time now);
Result<void> check_under_way(Database& db, const OperationId& operation);

/// The operation turns back: a fresh journal for undoing, and the error that it will end with.
void begin_undo(Database& db, const OperationId& operation, const Error& error);

/// When the step began; `now` when it has not, or when what is stored can only be of an earlier boot of the host.
Moment begun_at(Database& db, const OperationId& operation, unsigned position, Moment now);
bool is_done(Database& db, const OperationId& operation, unsigned position);

/// What was done under the host's last boot may be gone: every operation under way begins anew.
void forget_steps(Database& db);

}  // namespace berth::agent
