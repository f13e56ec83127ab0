// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/admission.hpp"
#include "agent/engine/engine.hpp"
#include "agent/sessions.hpp"
#include "agent/store/events.hpp"
#include "agent/store/idempotency.hpp"
#include "agent/store/operations.hpp"
#include "agent/store/sessions.hpp"
#include "agent/store/store.hpp"
#include "agent/store/wall_clock.hpp"

namespace berth::agent {
namespace {

/// What the first request was answered with, as it is now; its session may be gone by now.
Result<Accepted> again(Database& db, const SessionId& id) {
  auto session = recall_session(db, id);
  auto operation = creation_of(db, id);
  if (!session || !operation)
    return std::unexpected(Error{Code::internal, "a session without its creation", {{"session", id.str()}}});
  return Accepted{*session, *operation};
}

/// The session that the same request made before; nothing when it is the first.
Result<std::optional<SessionId>> made_before(Database& db, const CreateRequest& request,
                                             const std::optional<IdempotencyKey>& key, const std::string& digest) {
  if (const auto used = key ? find_key(db, request.user, key->key) : std::nullopt) {
    if (used->request == key->request) return used->session;
    return std::unexpected(Error{Code::idempotency_conflict,
                                 "the Idempotency-Key was used for another request",
                                 {{"key", key->key}, {"next", "use a fresh key for every new request"}}});
  }
  if (const auto first = request.id ? request_of(db, *request.id) : std::nullopt) {
    if (*first == digest) return request.id;
    return std::unexpected(
        Error{Code::already_exists, "the session id was used for another request", {{"id", request.id->str()}}});
  }
  return std::nullopt;
}

}  // namespace

Result<Accepted> Sessions::create(const CreateRequest& request, const std::optional<IdempotencyKey>& key) {
  TRY(check_request(request, settings_));
  const auto digest = digest_of_request(request);
  const auto host = engine_.host_limits();
  auto accepted = store_.write([&](Database& db) -> Result<Accepted> {
    const auto before = TRY(made_before(db, request, key, digest));
    if (before) return again(db, *before);
    const auto now = follow_wall_clock(db, clock_, settings_);
    auto session = TRY(admit(db, request, settings_, host, now));
    insert_session(db, session, digest);
    const auto operation = open_operation(db, OperationKind::create, session, now);
    session.operation = operation.id;
    append_event(db, now, session_event("session.created", session));
    if (key) insert_key(db, request.user, key->key, {key->request, session.id});
    return Accepted{session, operation};
  });
  if (accepted) engine_.wake(accepted->session.id);
  return accepted;
}

}  // namespace berth::agent
