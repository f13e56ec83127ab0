// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <map>
#include <mutex>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/id.hpp"

namespace berth::agent {

/// Whether the same call may succeed a little later, without anything else being done.
bool may_pass(Code code) noexcept;

/// How long what failed is tried again, and when: at 250 ms, doubling up to 10 s. For any number of threads.
class Patience {
 public:
  struct Failure {
    bool first = false;                 ///< of this row
    std::chrono::milliseconds pause{};  ///< before the next attempt
  };
  /// Counts a failure of what has this id: an operation, or a session that is looked after without one.
  Failure failed(const Id& what, Moment now);
  /// Since the first failure of this row; 0 when there is none.
  std::chrono::milliseconds lasting(const Id& what, Moment now) const;
  /// Something worked: the row of failures is over.
  void worked(const Id& what);

 private:
  struct Row {
    Moment begun;
    unsigned count = 0;
  };
  mutable std::mutex mutex_;
  std::map<Id, Row> rows_;
};

}  // namespace berth::agent
