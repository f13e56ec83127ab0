// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "core/driver.hpp"
#include "libvirt/handles.hpp"

/// What libvirt knows of our machines, and the end of one.
namespace berth::hypervisor {

/// How a running machine is.
struct MachineState {
  enum class Phase { running, paused, stopping };
  Phase phase = Phase::running;
  bool agent = false;  ///< the guest agent has opened its channel
};
std::string_view name_of(MachineState::Phase phase) noexcept;

/// The machine's domain; empty when there is none. `wrong_state` for a domain of another name that has its UUID.
Result<DomainPtr> find_domain(virConnect* connection, const Id& machine);
/// Every domain, running or not, that bears our name and our mark.
Result<std::vector<DomainPtr>> marked_domains(virConnect* connection);
/// All machines of ours that run.
Result<std::map<MachineId, MachineState>> running_machines(virConnect* connection);

Result<virDomainState> state_of(virDomain* domain);
/// Whether libvirt has yet to finish its start. There are no domains of ours that are off, so one that libvirt has and
/// that does not run is on its way.
Result<bool> is_being_started(virDomain* domain);
bool being_started(virDomainState state, int reason) noexcept;
/// Whether it was started for this machine's user and volume.
bool is_of(virDomain* domain, const DomainSpec& spec);
Result<Presence> presence_of(virDomain* domain, const DomainSpec& spec);
/// Whether the guest agent has opened its channel.
bool agent_connected(virDomain* domain);

/// Ends a domain, also one that somebody defined for good. Success when it is gone by itself meanwhile.
Result<void> end_domain(virDomain* domain);

}  // namespace berth::hypervisor
