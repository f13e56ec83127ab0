// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "agent/engine/engine.hpp"
#include "agent/engine/fault_log.hpp"
#include "agent/engine/queue.hpp"
#include "agent/engine/reconciler.hpp"
#include "agent/engine/task.hpp"
#include "agent/event_log.hpp"
#include "agent/host/host.hpp"

namespace berth::agent {

/// How long a thread waits before it tries again what failed.
inline constexpr std::chrono::milliseconds after_a_fault{1000};

/// The engine's inside. The keeper recovers, then starts the workers, then watches the clock; workers take sessions
/// from the queue. `mutex_` guards what is shown and the keeper's bell, and is never held while the store or the host
/// is used.
class Engine::Threads : public HostListener {
 public:
  Threads(Store& store, Host& host, Images& images, const Settings& settings, const Clock& clock);
  ~Threads() override { stop(); }

  void start(std::function<void(const Error&)> refused);
  void stop();
  void wake(const SessionId& session) { queue_.add(session); }

  Recovery recovery() const;
  Quota host_limits() const;
  std::vector<Unknown> unknown() const;
  bool alive() const { return with_.pulse.steady(); }

  void machine_event(const MachineId& machine, MachineEvent event) override;
  void connected() override;

 private:
  void keep(const std::function<void(const Error&)>& refused);
  /// One of the keeper's duties, again at the next turn when it fails.
  void duty(const char* failing, const std::function<Result<void>()>& work);
  Result<void> start_workers();
  bool recovered(const std::function<void(const Error&)>& refused);
  Result<void> try_to_recover();
  void wait_for(const Error& error);

  void work();
  Next pass(const SessionId& session);
  void passed(const SessionId& session);

  Result<void> end_the_expired();
  /// Whether the time has come, or the connection was lost meanwhile; the next time is counted from now.
  bool reconciliation_is_due();
  Result<void> look_at_the_host();
  Result<std::vector<SessionId>> queue_the_sessions();
  Result<void> look_at_the_sessions();
  Result<void> forget_the_past();
  void report(const Findings& findings);
  /// Waits, unless there is something to do at once; false when the engine stops.
  bool pause(std::chrono::milliseconds time);

  Surroundings with_;
  Queue queue_;
  EventLog events_;  // the keeper's alone
  FaultLog faults_;

  mutable std::mutex mutex_;
  std::condition_variable bell_;
  bool stopping_ = false;
  bool reconnected_ = false;
  std::chrono::steady_clock::time_point reconciled_, pruned_;
  Recovery recovery_;
  std::set<SessionId> unrecovered_;
  Quota host_limits_;
  std::vector<Unknown> unknown_;

  std::vector<std::thread> workers_;
  std::thread keeper_;
};

}  // namespace berth::agent
