// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/watch.hpp"

namespace berth::agent {

void Watch::saw(const MachineId& machine, MachineEvent event) {
  const std::lock_guard lock(mutex_);
  switch (event) {
    case MachineEvent::started:
      ends_.erase(machine);
      return;
    case MachineEvent::agent_connected:
    case MachineEvent::agent_disconnected:
      return;
    case MachineEvent::stopped:
      ends_.try_emplace(machine, event);
      return;  // "gone" follows the true reason, at times
    case MachineEvent::shutdown:
    case MachineEvent::crashed:
      ends_.insert_or_assign(machine, event);
      return;
  }
}

std::optional<MachineEvent> Watch::end_of(const MachineId& machine) const {
  const std::lock_guard lock(mutex_);
  const auto found = ends_.find(machine);
  return found == ends_.end() ? std::nullopt : std::optional(found->second);
}

Moment Watch::missed_since(const MachineId& machine, Moment now) {
  const std::lock_guard lock(mutex_);
  return missed_.try_emplace(machine, now).first->second;
}

void Watch::forget(const MachineId& machine) {
  const std::lock_guard lock(mutex_);
  ends_.erase(machine);
  missed_.erase(machine);
}

}  // namespace berth::agent
