// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/upkeep.hpp"

#include "agent/api/error_json.hpp"
#include "agent/engine/machine_end.hpp"
#include "agent/engine/plan.hpp"
#include "agent/store/events.hpp"
#include "agent/store/operations.hpp"
#include "agent/store/sessions.hpp"
#include "agent/store/store.hpp"

namespace berth::agent {
namespace {

using std::chrono::milliseconds;

/// A signal may come a little after libvirt has forgotten the machine.
constexpr milliseconds signals_come_within{2000};

Result<void> mend(Surroundings& with, const Session& session, const Spec& spec) {
  auto& driver = with.host.driver(kind_of(spec));
  with.pulse.beat();
  const auto presence = TRY(driver.observe(spec));
  if (presence.state == Presence::State::present) return {};
  std::unique_lock<std::mutex> shared;
  if (driver.kind() == Kind::network) shared = with.users.hold(session.user);
  return driver.apply(spec);
}

Result<void> mend_paths(Surroundings& with, const Session& session) {
  for (const auto& spec : plan(session))
    if (kind_of(spec) == Kind::network || kind_of(spec) == Kind::firewall) TRY(mend(with, session, spec));
  return {};
}

/// A machine that stopped at a full or failing disk goes on when there is room again; until then each attempt stops
/// anew.
Result<void> set_going(Surroundings& with, const Session& session, const Machine& machine) {
  for (const auto& spec : plan_of_running(session))
    if (kind_of(spec) == Kind::domain && id_of(spec) == machine.id) TRY(with.host.driver(Kind::domain).apply(spec));
  return {};
}

Result<void> remove_remains(Surroundings& with, const Session& session) {
  Result<void> all;
  for (const auto& spec : plan_of_running(session) | std::views::reverse) {
    with.pulse.beat();
    if (auto removed = with.host.driver(kind_of(spec)).remove(id_of(spec)); !removed) all = removed;
  }
  return all;
}

Next pause(Surroundings& with, const Session& session) {
  return with.patience.failed(session.id, with.clock.moment()).pause;
}

Result<void> settle(Surroundings& with, const Session& session, const Machine& machine,
                    const std::optional<MachineEvent>& end) {
  return with.store.write([&](Database& db) -> Result<void> {
    if (operation_under_way(db, session.id)) return {};
    const auto now = with.clock.now();
    if (end == MachineEvent::shutdown) {
      move_session(db, session, Goal::stopped, Phase::stopped);
      append_event(db, now, session_event("session.stopped", session, {{"by", "guest"}}));
      return {};
    }
    const auto reason = ended(machine, end);
    move_session(db, session, session.goal, Phase::failed, reason);
    append_event(db, now, session_event("session.failed", session, {{"reason", error_to_json(reason)}}));
    return {};
  });
}

Result<Next> after_the_end(Surroundings& with, const Session& session, const Machine& machine) {
  const auto end = with.watch.end_of(machine.id);
  const auto now = with.clock.moment();
  if (!end && now - with.watch.missed_since(machine.id, now) < signals_come_within) return Next{signals_come_within};
  if (!remove_remains(with, session)) return pause(with, session);
  with.patience.worked(session.id);
  TRY(settle(with, session, machine, end));
  return Next{};
}

Result<Next> keep_running(Surroundings& with, const Session& session) {
  const auto domains = with.host.domains();
  if (!domains) return pause(with, session);
  for (const auto& machine : session.machines) {
    if (!domains->contains(machine.id)) return after_the_end(with, session, machine);
    with.watch.forget(machine.id);
    if (domains->at(machine.id).power == MachineState::Power::paused && !set_going(with, session, machine))
      return pause(with, session);
  }
  if (!mend_paths(with, session)) return pause(with, session);
  with.patience.worked(session.id);
  return Next{};
}

Result<Next> keep_at_rest(Surroundings& with, const Session& session) {
  for (const auto& spec : plan_of_running(session)) {
    const auto presence = with.host.driver(kind_of(spec)).observe(spec);
    if (presence && presence->state == Presence::State::absent) continue;
    if (!presence || !remove_remains(with, session)) return pause(with, session);
    break;
  }
  with.patience.worked(session.id);
  return Next{};
}

}  // namespace

Result<Next> keep_up(Surroundings& with, const Session& session) {
  return session.phase == Phase::running ? keep_running(with, session) : keep_at_rest(with, session);
}

}  // namespace berth::agent
