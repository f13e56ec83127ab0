// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

#include "agent/store/store.hpp"

namespace berth::agent {

/// Follows the events and writes them to the system's journal, for operators; progress is left out.
class EventLog {
 public:
  /// Begins behind the newest event.
  explicit EventLog(Store& store) : store_(store), written_(store.newest_event()) {}

  /// Writes what has happened since. For one thread. An error is the store's: what was not written comes next time.
  Result<void> catch_up();

 private:
  Store& store_;
  std::uint64_t written_;
};

}  // namespace berth::agent
