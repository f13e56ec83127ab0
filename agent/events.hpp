// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/model.hpp"

namespace berth::agent {

class Store;

struct EventFilter {
  std::optional<std::string> user;  ///< the name
  std::optional<SessionId> session;
  std::optional<OperationId> operation;
};

/// What happened, in the order of the commits: reads the store and waits for more. For any number of threads.
class Events {
 public:
  explicit Events(Store& store) : store_(store) {}

  /// The first `limit` events behind `id` that pass the filter.
  Result<std::vector<Event>> after(std::uint64_t id, const EventFilter& filter, std::size_t limit);
  /// Waits until there is an event behind `id`, of any kind; false when the time passed or the store closes first.
  bool wait(std::uint64_t id, std::chrono::milliseconds time);
  /// 0 while there is none. Events before `oldest` have been pruned.
  std::uint64_t newest();
  std::uint64_t oldest();

 private:
  Store& store_;
};

}  // namespace berth::agent
