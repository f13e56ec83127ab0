// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <ranges>
#include <string_view>
#include <vector>

#include "agent/engine/patience.hpp"
#include "agent/engine/user_locks.hpp"
#include "agent/engine/watch.hpp"
#include "agent/host/host.hpp"
#include "agent/model.hpp"
#include "agent/pulse.hpp"
#include "agent/settings.hpp"
#include "agent/store/database.hpp"
#include "core/clock.hpp"

namespace berth::agent {

class Images;
class Store;

/// What every pass over a session works with.
struct Surroundings {
  Store& store;
  Host& host;
  Images& images;
  const Settings& settings;
  const Clock& clock;
  Watch watch{};
  Patience patience{};
  UserLocks users{};
  Pulse pulse{clock};
};

/// When a session must be looked at again; nothing when it rests until something changes.
using Next = std::optional<std::chrono::milliseconds>;

/// One operation of one session, carried on by one worker. Of the functions below an error is the store's, or
/// `cancelled` when the operation was given up meanwhile; what the host refuses goes through `failed`.
struct Task {
  Surroundings& with;
  Session session;
  Operation operation;

  Time now() const { return with.clock.now(); }
  /// What deadlines are measured by.
  Moment moment() const { return with.clock.moment(); }
};

/// Journals that the step begins, and after it that it is done.
Result<void> begin_step(Task& task, unsigned position, std::string_view step);
Result<void> end_step(Task& task, unsigned position);

/// After the last step: `end` writes what has become of the session, the operation ends with `error` or without.
Result<void> conclude(Task& task, const std::optional<Error>& error, const std::function<void(Database&)>& end);

/// Says in the operation what it waits for, and when to try again.
Result<Next> try_later(Task& task, const Error& error);
/// What follows when the host refused a step: another attempt, or the end of the operation. What removes is tried for
/// ever.
Result<Next> failed(Task& task, const Error& error);

/// Removes the specs in reverse order, journaled from `position` on. Never stops early: gives what the host refused.
Result<std::vector<Error>> remove_in_reverse(Task& task, const std::vector<Spec>& specs, unsigned position);

}  // namespace berth::agent
