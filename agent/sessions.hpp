// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model.hpp"
#include "agent/resources.hpp"
#include "agent/settings.hpp"
#include "core/clock.hpp"

namespace berth::agent {

class Engine;
class Store;

/// What a request that changes something is answered with; the work itself goes on in the engine.
struct Accepted {
  Session session;
  Operation operation;
};

/// A client's Idempotency-Key, valid for one user for `Settings::keep_operations`.
struct IdempotencyKey {
  std::string key;
  std::string request;  ///< digest of route and body; another request under the same key is `idempotency_conflict`
};

/// The use cases: check, reserve the quota, write goal, operation and event in one transaction, then wake the engine.
/// When a call has returned, what it promises survives a power cut. All calls may come from several threads at once.
/// Every call on a session may fail with `not_found`; one that opens an operation with `busy` while another is under
/// way.
class Sessions {
 public:
  /// Refers to all four; they outlive it.
  Sessions(Store& store, const Settings& settings, const Clock& clock, Engine& engine);

  /// `time_to_live` 0 takes the default. The same request under the same key, or with the same id, gives the first
  /// one's session and operation again. Errors: `not_found` (image), `invalid_field` (limits, disk smaller than the
  /// image), `quota_exceeded`, `already_exists` (name or id), `addresses_exhausted`, `idempotency_conflict`.
  Result<Accepted> create(const CreateRequest& request, const std::optional<IdempotencyKey>& key);

  /// A session that is there already gives an operation that has succeeded.
  Result<Accepted> start(const SessionId& id);
  Result<Accepted> stop(const SessionId& id);
  /// Ends whatever operation is under way with `cancelled`.
  Result<Accepted> terminate(const SessionId& id);

  /// Moves the end of its time to live; `invalid_field` beyond the longest that is allowed from now.
  Result<Session> extend(const SessionId& id, std::chrono::seconds by);

  /// The list changes when the running machine has taken it; at once when the session is stopped. A key that is there
  /// already changes nothing; one that is not there cannot be removed (`not_found`).
  Result<Accepted> add_ssh_key(const SessionId& id, const SshKey& key);
  Result<Accepted> remove_ssh_key(const SessionId& id, std::string_view fingerprint);

  Result<Session> get(const SessionId& id);
  /// Ordered by id; at most `filter.limit`.
  Result<std::vector<Session>> list(const SessionFilter& filter);
  /// Also of sessions that are gone, for `Settings::keep_operations` after its end.
  Result<Operation> operation(const OperationId& id);
  Result<Resources> resources();

 private:
  using KeyChange = std::function<Result<void>(std::vector<SshKey>&)>;

  Result<Accepted> move(const SessionId& id, Goal goal);
  Result<Accepted> change_keys(const SessionId& id, const KeyChange& change);

  Store& store_;
  const Settings& settings_;
  const Clock& clock_;
  Engine& engine_;
};

}  // namespace berth::agent
