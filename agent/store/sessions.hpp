// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model.hpp"
#include "agent/store/database.hpp"

namespace berth::agent {

/// Writes the session and its machines. `request` is the digest of the request that made it.
void insert_session(Database& db, const Session& session, std::string_view request);

/// A session that is not gone.
std::optional<Session> find_session(Database& db, const SessionId& id);
/// Also one that is gone and whose row is still there.
std::optional<Session> recall_session(Database& db, const SessionId& id);
/// The digest given to `insert_session`; nothing for an unknown id.
std::optional<std::string> request_of(Database& db, const SessionId& id);
/// The one that is not gone and has the machine.
std::optional<SessionId> session_of(Database& db, const MachineId& machine);
/// Whose it is.
std::optional<UserId> owner_of(Database& db, const SessionId& id);
bool name_is_taken(Database& db, const UserId& user, std::string_view name);
/// Of those that are not gone, ordered by id.
std::vector<Session> list_sessions(Database& db, const SessionFilter& filter);
std::vector<SessionId> live_sessions(Database& db);
/// Those whose time to live has ended and that are not being terminated.
std::vector<SessionId> expired_sessions(Database& db, Time now);

/// The only writer of goals and phases. A change of phase that `allowed` (phase.hpp) does not know is a bug and throws.
/// The reason is kept for `failed` and `terminating`, otherwise cleared.
void move_session(Database& db, const Session& session, Goal goal, Phase phase,
                  const std::optional<Error>& reason = {});
void set_expiry(Database& db, const SessionId& id, Time expires_at);
/// `pending`: the machine has not taken them yet and gets them when it next runs.
void set_keys(Database& db, const SessionId& id, const std::vector<SshKey>& keys, bool pending);
bool keys_are_pending(Database& db, const SessionId& id);
void set_host_key(Database& db, const MachineId& machine, std::string_view host_key);
/// Nothing of it is left on the host: its name, quota, addresses and ports are free, its SSH keys forgotten.
void mark_gone(Database& db, const SessionId& id, Time now);

}  // namespace berth::agent
