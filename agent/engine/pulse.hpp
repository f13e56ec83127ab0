// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <mutex>
#include <thread>

#include "core/clock.hpp"

namespace berth::agent {

/// Whether the engine's threads get on, for the watchdog. Between two beats of a thread there is at most a wait for
/// another session of the same user and a few calls to the hypervisor manager, each with a deadline of its own.
class Pulse {
 public:
  explicit Pulse(const Clock& clock) : clock_(clock) {}

  /// The calling thread works, and has just got on.
  void beat();
  /// The calling thread waits for work, or ends as it should.
  void rest();
  /// False when a thread that works has been silent for too long.
  bool steady() const;

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::thread::id, Moment> working_;
};

}  // namespace berth::agent
