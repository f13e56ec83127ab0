// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/bring_up.hpp"

#include <fmt/format.h>

#include "agent/engine/machine_end.hpp"
#include "agent/engine/plan.hpp"
#include "agent/store/events.hpp"
#include "agent/store/journal.hpp"
#include "agent/store/sessions.hpp"
#include "agent/store/store.hpp"

namespace berth::agent {
namespace {

using std::chrono::milliseconds;

Result<void> must_be_there(Driver& driver, const Spec& spec) {
  const auto presence = TRY(driver.observe(spec));
  if (presence.state == Presence::State::present) return {};
  return std::unexpected(Error{Code::key_damaged,
                               fmt::format("the user's key is {} on the host", name_of(presence.state)),
                               {{"user", id_of(spec).str()}, {"reason", presence.detail}}});
}

/// The machine's SSH host key comes from its volume's key, so it is known before the machine first runs.
Result<void> learn_host_key(Task& task, const VolumeSpec& volume) {
  const auto host_key = TRY(task.with.host.ssh_host_key(volume.user, volume.id));
  return task.with.store.write([&](Database& db) -> Result<void> {
    for (const auto& machine : task.session.machines)
      if (machine.volume == volume.id) set_host_key(db, machine.id, host_key);
    return {};
  });
}

Result<void> make(Task& task, const Spec& spec) {
  const auto kind = kind_of(spec);
  auto& driver = task.with.host.driver(kind);
  if (kind == Kind::key && task.operation.kind == OperationKind::start) return must_be_there(driver, spec);
  if (kind == Kind::domain) task.with.watch.forget(std::get<DomainSpec>(spec).machine);
  std::unique_lock<std::mutex> shared;
  if (kind == Kind::key || kind == Kind::network) shared = task.with.users.hold(task.session.user);
  TRY(driver.apply(spec));
  return kind == Kind::volume ? learn_host_key(task, std::get<VolumeSpec>(spec)) : Result<void>{};
}

/// Nothing when every machine answers; else what the first that does not is missing.
Result<std::optional<Error>> missing(Task& task) {
  const auto domains = TRY(task.with.host.domains());
  for (const auto& machine : task.session.machines) {
    const auto state = domains.find(machine.id);
    if (state == domains.end())
      return std::unexpected(ended(machine, task.with.watch.end_of(machine.id)).with("when", "before it answered"));
    const char* lacks = !state->second.agent                      ? "its guest agent has not connected"
                        : !task.with.host.greets(machine.address) ? "its SSH server does not greet"
                                                                  : nullptr;
    if (lacks)
      return Error{
          Code::not_ready, "the machine did not answer in time", {{"machine", machine.id.str()}, {"reason", lacks}}};
  }
  return std::nullopt;
}

Result<void> give_pending_keys(Task& task) {
  for (const auto& machine : task.session.machines) TRY(task.with.host.set_ssh_keys(machine.id, task.session.ssh_keys));
  return {};
}

Result<Next> finish(Task& task) {
  const auto pending =
      TRY(task.with.store.read([&](Database& db) -> Result<bool> { return keys_are_pending(db, task.session.id); }));
  if (pending)
    if (auto given = give_pending_keys(task); !given) return failed(task, given.error());
  TRY(conclude(task, std::nullopt, [&](Database& db) {
    move_session(db, task.session, Goal::running, Phase::running);
    if (pending) set_keys(db, task.session.id, task.session.ssh_keys, false);
    append_event(db, task.now(), session_event("session.running", task.session));
  }));
  return Next{};
}

/// A signal says when the guest agent connects; nothing says when an SSH server greets, so it is tried, seldom at last.
Result<Next> await_machines(Task& task, unsigned position) {
  TRY(begin_step(task, position, "waiting for the machine to answer"));
  auto lacks = missing(task);
  if (!lacks) return failed(task, lacks.error());
  if (!*lacks) return finish(task);
  const auto since = TRY(task.with.store.read(
      [&](Database& db) -> Result<Moment> { return begun_at(db, task.operation.id, position, task.moment()); }));
  const auto waited = task.moment() - since;
  if (waited >= task.with.settings.ready_within)
    return failed(task, std::move(**lacks).with("seconds", std::to_string(waited / std::chrono::seconds(1))));
  task.with.patience.worked(task.operation.id);  // the host answers: what failed before is over
  return Next{std::clamp<milliseconds>(waited / 20, milliseconds(50), milliseconds(1000))};
}

}  // namespace

Result<Next> bring_up(Task& task) {
  const auto specs = plan(task.session);
  for (auto position = task.operation.steps_done; position < specs.size(); ++position) {
    TRY(begin_step(task, position, making(kind_of(specs[position]))));
    if (auto made = make(task, specs[position]); !made) return failed(task, made.error());
    TRY(end_step(task, position));
  }
  return await_machines(task, static_cast<unsigned>(specs.size()));
}

}  // namespace berth::agent
