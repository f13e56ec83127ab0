// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/admission.hpp"
#include "agent/engine/engine_threads.hpp"
#include "agent/engine/findings_log.hpp"
#include "agent/engine/guarded.hpp"
#include "agent/store/prune.hpp"
#include "agent/store/reserve.hpp"
#include "agent/store/sessions.hpp"
#include "agent/store/store.hpp"
#include "systemd/journal.hpp"

/// What the keeper does: it recovers, then has its duties, turn by turn.
namespace berth::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds glance{250};                  // how late the end of a time to live may be noticed
constexpr std::chrono::seconds between_prunings{5};  // 10 MB is the most that requests can write in that time

}  // namespace

void Engine::Threads::keep(const std::function<void(const Error&)>& refused) {
  const auto write_events = [&] { duty("Events cannot be read", [&] { return events_.catch_up(); }); };
  if (recovered(refused)) {
    do {
      duty("Not all workers can be started, trying again", [&] { return start_workers(); });
      duty("Sessions whose time is over cannot be ended, trying again", [&] { return end_the_expired(); });
      write_events();
      duty("The past cannot be forgotten, trying again", [&] { return forget_the_past(); });
      if (!reconciliation_is_due()) continue;
      duty("The host cannot be compared with the store, trying again later", [&] { return look_at_the_host(); });
      duty("Sessions cannot be listed, trying again later", [&] { return look_at_the_sessions(); });
    } while (pause(glance));
    write_events();
  }
  with_.pulse.rest();
}

void Engine::Threads::duty(const char* failing, const std::function<Result<void>()>& work) {
  with_.pulse.beat();
  if (const auto done = guarded(work))
    faults_.worked(failing);
  else
    faults_.failed(failing, failing, done.error());
}

Result<void> Engine::Threads::start_workers() {
  while (workers_.size() < with_.settings.workers) workers_.emplace_back([this] { work(); });
  return {};
}

bool Engine::Threads::recovered(const std::function<void(const Error&)>& refused) {
  for (;;) {
    with_.pulse.beat();
    const auto tried = guarded([&] { return try_to_recover(); });
    if (tried) return true;
    if (tried.error().code == Code::wrong_state) {
      refused(tried.error());
      return false;
    }
    wait_for(tried.error());
    if (!pause(after_a_fault)) return false;
  }
}

Result<void> Engine::Threads::try_to_recover() {
  (void)reconciliation_is_due();
  const auto facts = TRY(with_.host.facts());
  TRY(recover(with_));
  TRY(look_at_the_host());
  const auto sessions = TRY(queue_the_sessions());
  const std::lock_guard lock(mutex_);
  host_limits_ = host_quota(with_.settings.limits, facts);
  unrecovered_.insert(sessions.begin(), sessions.end());
  recovery_ = {sessions.empty(), sessions.size(), 0, ""};
  return {};
}

void Engine::Threads::wait_for(const Error& error) {
  const auto text = describe(error);
  const std::lock_guard lock(mutex_);
  if (recovery_.waiting_for == text) return;
  recovery_.waiting_for = text;
  journal::write(journal::Priority::warning, "Recovery waits and tries again", error,
                 {{"MESSAGE_ID", std::string(journal::message::recovery)}});
}

bool Engine::Threads::reconciliation_is_due() {
  const auto now = steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (!reconnected_ && now - reconciled_ < with_.settings.reconcile_every) return false;
  reconnected_ = false;
  reconciled_ = now;
  return true;
}

Result<void> Engine::Threads::look_at_the_host() {
  const auto findings = TRY(sweep(with_));
  report(findings);
  return {};
}

Result<std::vector<SessionId>> Engine::Threads::queue_the_sessions() {
  auto sessions =
      TRY(with_.store.read([](Database& db) -> Result<std::vector<SessionId>> { return live_sessions(db); }));
  for (const auto& session : sessions) queue_.add(session);
  return sessions;
}

Result<void> Engine::Threads::look_at_the_sessions() {
  TRY(queue_the_sessions());
  return {};
}

/// In small pieces: a request waits for one of them at most.
Result<void> Engine::Threads::forget_the_past() {
  const auto now = steady_clock::now();
  if (now - pruned_ < between_prunings) return {};
  pruned_ = now;
  for (bool more = true; more && pause(milliseconds(0));)
    more = TRY(
        with_.store.write([&](Database& db) -> Result<bool> { return prune(db, with_.settings, with_.clock.now()); }));
  return keep_reserve(with_.store);
}

void Engine::Threads::report(const Findings& findings) {
  log_findings(findings, unknown());
  const std::lock_guard lock(mutex_);
  unknown_ = findings.kept;
}

Result<void> Engine::Threads::end_the_expired() {
  const auto ended = TRY(expire(with_));
  for (const auto& session : ended) queue_.add(session);
  return {};
}

}  // namespace berth::agent
