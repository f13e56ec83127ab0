// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/engine_threads.hpp"

#include "agent/admission.hpp"
#include "agent/engine/converge.hpp"
#include "agent/engine/guarded.hpp"
#include "agent/store/sessions.hpp"
#include "agent/store/store.hpp"

namespace berth::agent {
namespace {

using std::chrono::milliseconds;

/// Empty when it cannot be read: such sessions wait for each other.
std::string user_of(Store& store, const SessionId& id) {
  return store
      .read([&](Database& db) -> Result<std::string> {
        const auto user = owner_of(db, id);
        return user ? user->str() : "";
      })
      .value_or("");
}

}  // namespace

Engine::Threads::Threads(Store& store, Host& host, Images& images, const Settings& settings, const Clock& clock)
    : with_{store, host, images, settings, clock},
      queue_([&store](const SessionId& session) { return user_of(store, session); },
             std::max(1U, settings.workers / 2)),
      events_(store),
      host_limits_(host_quota(settings.limits, HostFacts{})) {}

void Engine::Threads::start(std::function<void(const Error&)> refused) {
  with_.host.listen(this);
  keeper_ = std::thread([this, refused = std::move(refused)] { keep(refused); });
}

void Engine::Threads::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    bell_.notify_all();
  }
  with_.host.listen(nullptr);
  if (keeper_.joinable()) keeper_.join();
  queue_.close();
  for (auto& worker : workers_) worker.join();
  workers_.clear();
}

void Engine::Threads::work() {
  while (const auto session = queue_.take()) {
    with_.pulse.beat();
    const auto next = pass(*session);
    queue_.done(*session);
    if (next) queue_.add(*session, *next);
    passed(*session);
    with_.pulse.rest();
  }
}

/// A fault of the store, or a bug that one session brings up, must not stop the others.
Next Engine::Threads::pass(const SessionId& session) {
  const auto next = guarded([&] { return converge(with_, session); });
  if (next) {
    faults_.worked(session.str());
    return *next;
  }
  faults_.failed(session.str(), "A session cannot be looked after, trying again", next.error(),
                 {{"BERTH_SESSION", session.str()}, {"MESSAGE_ID", std::string(journal::message::failed)}});
  return after_a_fault;
}

void Engine::Threads::passed(const SessionId& session) {
  const std::lock_guard lock(mutex_);
  if (recovery_.done || unrecovered_.erase(session) == 0) return;
  ++recovery_.sessions_done;
  recovery_.done = unrecovered_.empty();
}

bool Engine::Threads::pause(milliseconds time) {
  std::unique_lock lock(mutex_);
  bell_.wait_for(lock, time, [&] { return stopping_ || reconnected_; });
  return !stopping_;
}

void Engine::Threads::machine_event(const MachineId& machine, MachineEvent event) {
  const auto session =
      with_.store.read([&](Database& db) -> Result<std::optional<SessionId>> { return session_of(db, machine); });
  if (!session || !*session) return;
  with_.watch.saw(machine, event);
  queue_.add(**session);
}

void Engine::Threads::connected() {
  const std::lock_guard lock(mutex_);
  reconnected_ = true;
  bell_.notify_all();
}

Recovery Engine::Threads::recovery() const {
  const std::lock_guard lock(mutex_);
  return recovery_;
}

Quota Engine::Threads::host_limits() const {
  const std::lock_guard lock(mutex_);
  return host_limits_;
}

std::vector<Unknown> Engine::Threads::unknown() const {
  const std::lock_guard lock(mutex_);
  return unknown_;
}

}  // namespace berth::agent
