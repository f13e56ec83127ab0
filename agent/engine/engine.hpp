// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "agent/engine/recovery.hpp"
#include "agent/model.hpp"
#include "agent/settings.hpp"
#include "core/clock.hpp"

namespace berth::agent {

struct Host;
class Images;
class Store;

/// The threads that make the host agree with the store: workers that converge sessions, and a keeper that recovers at
/// the start, ends sessions whose time is over and reconciles on a period.
class Engine {
 public:
  /// Refers to all five; they outlive it. Does nothing before `start`.
  Engine(Store& store, Host& host, Images& images, const Settings& settings, const Clock& clock);
  /// Stops.
  ~Engine();

  /// Begins the recovery and, when it is done, the work. `refused` is called once, from a thread of the engine, when
  /// the host must not be touched (an empty database beside marked objects); then nothing was changed and nothing goes
  /// on.
  void start(std::function<void(const Error&)> refused);
  /// Waits for the steps that are under way; what is left goes on after the next start.
  void stop();

  /// Something about the session has changed in the store.
  void wake(const SessionId& session);

  Recovery recovery() const;
  /// The host's limits: those that are set, the others from what the host has. All 0 until recovery has asked it.
  Quota host_limits() const;
  /// What the last reconciliation found and left alone.
  std::vector<Unknown> unknown() const;
  /// Whether keeper and workers get on; what a watchdog wants to know.
  bool alive() const;

 private:
  class Threads;
  std::unique_ptr<Threads> threads_;
};

}  // namespace berth::agent
