// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/take_down.hpp"

#include <algorithm>

#include "agent/api/error_json.hpp"
#include "agent/engine/plan.hpp"
#include "agent/store/events.hpp"
#include "agent/store/journal.hpp"
#include "agent/store/sessions.hpp"
#include "agent/store/store.hpp"
#include "agent/store/users.hpp"

namespace berth::agent {
namespace {

using std::chrono::milliseconds;

Result<std::vector<MachineId>> still_running(Task& task) {
  const auto domains = TRY(task.with.host.domains());
  std::vector<MachineId> running;
  for (const auto& machine : task.session.machines)
    if (domains.contains(machine.id)) running.push_back(machine.id);
  return running;
}

/// Whether the guest may still hear of it, by another attempt.
bool may_arrive(const Task& task, const Error& error) {
  return error.code == Code::hypervisor_unavailable ||
         (may_pass(error.code) &&
          task.with.patience.lasting(task.operation.id, task.moment()) < task.with.settings.retry_for);
}

/// A guest that does not understand is no obstacle: its power is cut at the deadline.
Result<void> ask_to_power_off(Task& task, const std::vector<MachineId>& machines) {
  for (const auto& machine : machines)
    if (auto asked = task.with.host.shutdown(machine); !asked && may_arrive(task, asked.error())) return asked;
  return {};
}

/// When to look again while machines are powering off; nothing when that has lasted long enough. The time counts from
/// when they were asked, however long nobody could ask them.
Result<Next> power_off(Task& task, const std::vector<MachineId>& running) {
  const bool asked =
      TRY(task.with.store.read([&](Database& db) -> Result<bool> { return is_done(db, task.operation.id, 0); }));
  if (!asked) {
    if (auto sent = ask_to_power_off(task, running); !sent) return try_later(task, sent.error());
    TRY(begin_step(task, 0, "waiting for the machine to power off"));
    TRY(end_step(task, 0));
  }
  const auto since = TRY(task.with.store.read(
      [&](Database& db) -> Result<Moment> { return begun_at(db, task.operation.id, 0, task.moment()); }));
  const auto left = since + task.with.settings.shutdown_within - task.moment();
  return left <= milliseconds(0) ? Next{} : Next{std::min<milliseconds>(left, milliseconds(1000))};
}

std::vector<Spec> of_kind(const Session& session, Kind kind) {
  auto specs = plan(session);
  std::erase_if(specs, [&](const Spec& spec) { return kind_of(spec) != kind; });
  return specs;
}

/// What is left after the machines: the volumes, and with the user's last session the network and the key.
std::vector<Spec> belongings(const Session& session, bool last) {
  auto specs = of_kind(session, Kind::volume);
  if (!last) return specs;
  specs.insert(specs.begin(), KeySpec{session.user});
  specs.push_back(NetworkSpec{session.user, session.subnet});
  return specs;
}

Result<Next> forget(Task& task) {
  TRY(conclude(task, task.operation.error, [&](Database& db) {
    mark_gone(db, task.session.id, task.now());
    append_event(db, task.now(), session_event("session.terminated", task.session));
  }));
  for (const auto& machine : task.session.machines) task.with.watch.forget(machine.id);
  return Next{};
}

}  // namespace

Result<Next> take_down(Task& task) {
  const auto running = still_running(task);
  if (!running) return failed(task, running.error());
  if (!running->empty()) {
    const auto wait = TRY(power_off(task, *running));
    if (wait) return wait;
  }
  const auto refused = TRY(remove_in_reverse(task, plan_of_running(task.session), 1));
  if (!refused.empty()) return failed(task, refused.front());
  TRY(conclude(task, std::nullopt, [&](Database& db) {
    move_session(db, task.session, Goal::stopped, Phase::stopped);
    append_event(db, task.now(), session_event("session.stopped", task.session, {{"by", "request"}}));
  }));
  return Next{};
}

Result<Next> undo_start(Task& task) {
  const auto refused = TRY(remove_in_reverse(task, plan_of_running(task.session), 0));
  if (!refused.empty()) return failed(task, refused.front());
  TRY(conclude(task, task.operation.error, [&](Database& db) {
    move_session(db, task.session, task.session.goal, Phase::failed, task.operation.error);
    append_event(db, task.now(),
                 session_event("session.failed", task.session, {{"reason", error_to_json(*task.operation.error)}}));
  }));
  return Next{};
}

Result<Next> clear_away(Task& task) {
  const auto running = plan_of_running(task.session);
  auto refused = TRY(remove_in_reverse(task, running, 0));
  // Until the session is marked as gone, so that of two last ones that go at the same time one sees that it is the
  // last.
  const auto shared = task.with.users.hold(task.session.user);
  const bool last = TRY(task.with.store.read(
      [&](Database& db) -> Result<bool> { return !has_sessions(db, task.session.user, task.session.id); }));
  const auto more = TRY(remove_in_reverse(task, belongings(task.session, last), static_cast<unsigned>(running.size())));
  refused.insert(refused.end(), more.begin(), more.end());
  if (!refused.empty()) return failed(task, refused.front());
  return forget(task);
}

}  // namespace berth::agent
