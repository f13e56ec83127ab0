// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <mutex>
#include <thread>

#include "core/clock.hpp"

namespace berth::agent {

/// Between two beats of a thread there are at most a wait for other sessions of the same user and a few calls to the
/// hypervisor manager, each with a deadline of its own: three that go before (half of at most eight workers), with 120
/// s for the user's network and 120 s for the key each, and a call of one's own.
inline constexpr std::chrono::milliseconds longest_silence = std::chrono::minutes(15);

/// Whether threads get on, for the watchdog.
class Pulse {
 public:
  explicit Pulse(const Clock& clock, std::chrono::milliseconds longest = longest_silence)
      : clock_(clock), longest_(longest) {}

  /// The calling thread works, and has just got on.
  void beat();
  /// The calling thread waits for work, or ends as it should.
  void rest();
  /// False when a thread that works has been silent for too long.
  bool steady() const;

 private:
  const Clock& clock_;
  const std::chrono::milliseconds longest_;
  mutable std::mutex mutex_;
  std::map<std::thread::id, Moment> working_;
};

}  // namespace berth::agent
