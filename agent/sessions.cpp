// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/sessions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/engine/engine.hpp"
#include "agent/engine/termination.hpp"
#include "agent/model_names.hpp"
#include "agent/store/events.hpp"
#include "agent/store/operations.hpp"
#include "agent/store/quota.hpp"
#include "agent/store/sessions.hpp"
#include "agent/store/store.hpp"
#include "agent/store/wall_clock.hpp"

namespace berth::agent {
namespace {

Error not_found(const char* what, const Id& id) {
  return {Code::not_found, fmt::format("there is no such {}", what), {{what, id.str()}}};
}

Result<Session> existing(Database& db, const SessionId& id) {
  auto session = find_session(db, id);
  if (!session) return std::unexpected(not_found("session", id));
  return *session;
}

Error busy(const Operation& other) {
  return {Code::busy,
          "another operation on the session is under way",
          {{"operation", other.id.str()}, {"kind", std::string(name_of(other.kind))}, {"next", "wait for its end"}}};
}

/// For a change that needs a session which is to stay.
Result<Session> lasting(Database& db, const SessionId& id) {
  auto session = TRY(existing(db, id));
  if (session.goal == Goal::terminated)
    return std::unexpected(Error{Code::wrong_state, "the session is being terminated", {{"session", id.str()}}});
  return session;
}

/// The session as it is now, beside its operation.
Result<Accepted> accepted(Database& db, const Operation& operation) {
  const auto session = TRY(existing(db, operation.session));
  return Accepted{session, operation};
}

Result<Accepted> done_at_once(Database& db, OperationKind kind, const Session& session, Time now) {
  return accepted(db, finish_operation(db, open_operation(db, kind, session, now), std::nullopt, now));
}

/// The operation that made it so, where there is one: asking again and again writes nothing.
Result<Accepted> already_so(Database& db, OperationKind kind, const Session& session, Time now) {
  if (const auto before = last_success(db, session.id, kind)) return accepted(db, *before);
  return done_at_once(db, kind, session, now);
}

/// A start is under way also while a session is being created.
bool gets_there(const Operation& operation, Goal goal) {
  switch (operation.kind) {
    case OperationKind::create:
    case OperationKind::start:
      return goal == Goal::running;
    case OperationKind::stop:
      return goal == Goal::stopped;
    case OperationKind::terminate:
    case OperationKind::ssh_keys:
      return false;
  }
  std::unreachable();
}

}  // namespace

Sessions::Sessions(Store& store, const Settings& settings, const Clock& clock, Engine& engine)
    : store_(store), settings_(settings), clock_(clock), engine_(engine) {}

Result<Accepted> Sessions::start(const SessionId& id) {
  return move(id, Goal::running);
}
Result<Accepted> Sessions::stop(const SessionId& id) {
  return move(id, Goal::stopped);
}

Result<Accepted> Sessions::move(const SessionId& id, Goal goal) {
  const bool start = goal == Goal::running;
  const auto kind = start ? OperationKind::start : OperationKind::stop;
  auto result = store_.write([&](Database& db) -> Result<Accepted> {
    const auto session = TRY(lasting(db, id));
    if (const auto other = operation_under_way(db, id)) {
      if (gets_there(*other, goal)) return Accepted{session, *other};
      return std::unexpected(busy(*other));
    }
    const auto now = clock_.now();
    if (session.phase == (start ? Phase::running : Phase::stopped)) return already_so(db, kind, session, now);
    move_session(db, session, goal, start ? Phase::starting : Phase::stopping);
    return accepted(db, open_operation(db, kind, session, now));
  });
  if (result) engine_.wake(id);
  return result;
}

Result<Accepted> Sessions::terminate(const SessionId& id) {
  auto result = store_.write([&](Database& db) -> Result<Accepted> {
    const auto session = TRY(existing(db, id));
    const auto under_way = operation_under_way(db, id);
    if (session.goal == Goal::terminated && under_way) return Accepted{session, *under_way};
    return accepted(db, begin_termination(db, session, clock_.now()));
  });
  if (result) engine_.wake(id);
  return result;
}

Result<Session> Sessions::extend(const SessionId& id, std::chrono::seconds by) {
  return store_.write([&](Database& db) -> Result<Session> {
    const auto now = follow_wall_clock(db, clock_, settings_);
    auto session = TRY(lasting(db, id));
    if (by.count() < 1 || by > settings_.longest_time_to_live ||
        session.expires_at + by > now + settings_.longest_time_to_live)
      return std::unexpected(
          Error{Code::invalid_field,
                "a session may not last longer than that from now",
                {{"field", "seconds"}, {"longest", std::to_string(settings_.longest_time_to_live.count())}}});
    session.expires_at += by;
    set_expiry(db, id, session.expires_at);
    append_event(db, now, session_event("session.extended", session, {{"expires_at", to_text(session.expires_at)}}));
    return session;
  });
}

Result<Accepted> Sessions::add_ssh_key(const SessionId& id, const SshKey& key) {
  return change_keys(id, [&](std::vector<SshKey>& keys) -> Result<void> {
    if (std::ranges::find(keys, key) != keys.end()) return {};
    if (keys.size() == most_ssh_keys)
      return std::unexpected(Error{Code::invalid_field,
                                   fmt::format("a session has at most {} keys", most_ssh_keys),
                                   {{"field", "key"}, {"next", "remove one first"}}});
    keys.push_back(key);
    return {};
  });
}

Result<Accepted> Sessions::remove_ssh_key(const SessionId& id, std::string_view fingerprint) {
  return change_keys(id, [&](std::vector<SshKey>& keys) -> Result<void> {
    if (std::erase_if(keys, [&](const SshKey& key) { return key.fingerprint() == fingerprint; }) > 0) return {};
    return std::unexpected(
        Error{Code::not_found, "the session has no such key", {{"fingerprint", std::string(fingerprint)}}});
  });
}

Result<Accepted> Sessions::change_keys(const SessionId& id, const KeyChange& change) {
  auto result = store_.write([&](Database& db) -> Result<Accepted> {
    const auto session = TRY(lasting(db, id));
    if (const auto other = operation_under_way(db, id)) return std::unexpected(busy(*other));
    auto keys = session.ssh_keys;
    TRY(change(keys));
    const auto now = clock_.now();
    if (keys.size() == session.ssh_keys.size()) return already_so(db, OperationKind::ssh_keys, session, now);
    if (session.phase == Phase::running) return accepted(db, open_key_operation(db, session, keys, now));
    set_keys(db, id, keys, true);
    return done_at_once(db, OperationKind::ssh_keys, session, now);
  });
  if (result) engine_.wake(id);
  return result;
}

Result<Session> Sessions::get(const SessionId& id) {
  return store_.read([&](Database& db) { return existing(db, id); });
}

Result<std::vector<Session>> Sessions::list(const SessionFilter& filter) {
  return store_.read([&](Database& db) -> Result<std::vector<Session>> { return list_sessions(db, filter); });
}

Result<Operation> Sessions::operation(const OperationId& id) {
  return store_.read([&](Database& db) -> Result<Operation> {
    auto operation = find_operation(db, id);
    if (!operation) return std::unexpected(not_found("operation", id));
    return *operation;
  });
}

Result<Resources> Sessions::resources() {
  const auto host = engine_.host_limits();
  return store_.read([&](Database& db) -> Result<Resources> {
    Resources all{{reserved(db, std::nullopt), host}, {}};
    for (auto& [user, used] : reserved_by_user(db)) all.users.push_back({user, {used, settings_.limits.user}});
    return all;
  });
}

}  // namespace berth::agent
