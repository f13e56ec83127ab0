// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/give_keys.hpp"

#include "agent/engine/machine_end.hpp"
#include "agent/store/operations.hpp"
#include "agent/store/sessions.hpp"
#include "agent/store/store.hpp"

namespace berth::agent {
namespace {

Result<void> give(Task& task, const std::vector<SshKey>& keys) {
  const auto domains = TRY(task.with.host.domains());
  for (const auto& machine : task.session.machines) {
    if (!domains.contains(machine.id)) return std::unexpected(ended(machine, task.with.watch.end_of(machine.id)));
    TRY(task.with.host.set_ssh_keys(machine.id, keys));
  }
  return {};
}

}  // namespace

Result<Next> give_keys(Task& task) {
  TRY(begin_step(task, 0, "giving the keys to the machine"));
  const auto keys = TRY(task.with.store.read(
      [&](Database& db) -> Result<std::vector<SshKey>> { return keys_of_operation(db, task.operation.id); }));
  if (auto given = give(task, keys); !given) return failed(task, given.error());
  TRY(end_step(task, 0));
  TRY(conclude(task, std::nullopt, [&](Database& db) { set_keys(db, task.session.id, keys, false); }));
  return Next{};
}

}  // namespace berth::agent
