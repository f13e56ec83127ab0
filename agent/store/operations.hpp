// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "agent/model.hpp"
#include "agent/store/database.hpp"

namespace berth::agent {

std::optional<Operation> find_operation(Database& db, const OperationId& id);
std::optional<Operation> operation_under_way(Database& db, const SessionId& session);
/// The operation that made the session.
std::optional<Operation> creation_of(Database& db, const SessionId& session);
/// The newest of that kind that succeeded.
std::optional<Operation> last_success(Database& db, const SessionId& session, OperationKind kind);

/// Writes a running operation with a fresh id. A session has one at a time.
Operation open_operation(Database& db, OperationKind kind, const Session& session, Time now);
/// The same with the list of keys that `ssh_keys` is to give to the machine.
Operation open_key_operation(Database& db, const Session& session, const std::vector<SshKey>& keys, Time now);
std::vector<SshKey> keys_of_operation(Database& db, const OperationId& id);

/// What is being done now, for a person.
void set_step(Database& db, const OperationId& id, std::string_view step);
/// Ends it, with an event: failed when there is an error, else succeeded. Gives what it is now.
Operation finish_operation(Database& db, const Operation& operation, const std::optional<Error>& error, Time now);

}  // namespace berth::agent
