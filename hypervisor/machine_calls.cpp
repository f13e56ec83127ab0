// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/machine_calls.hpp"

#include "core/json.hpp"
#include "hypervisor/domain_state.hpp"

namespace berth::hypervisor {

Result<std::string> domains_json(virConnect* connection) {
  auto answer = nlohmann::json::object();
  const auto machines = TRY(running_machines(connection));
  for (const auto& [machine, state] : machines)
    answer[machine.str()] = {{"state", name_of(state.phase)}, {"agent", state.agent}};
  return dump_json(answer);
}

void declare_machine_calls(BusServer& bus, Guests& guests, LibvirtProvider libvirt) {
  bus.method("Shutdown", 1, false, [&guests](Call& call) -> Result<std::string> {
    const auto machine = TRY(MachineId::parse(call.arguments[0]));
    TRY(guests.shutdown(machine));
    return "";
  });
  bus.method("SetSshKeys", 2, false, [&guests](Call& call) -> Result<std::string> {
    const auto machine = TRY(MachineId::parse(call.arguments[0]));
    const auto keys = TRY(parse_ssh_keys(call.arguments[1]));
    TRY(guests.set_ssh_keys(machine, keys));
    return "";
  });
  bus.method("Domains", 0, false, [libvirt = std::move(libvirt)](Call&) -> Result<std::string> {
    const auto connection = TRY(libvirt());
    return domains_json(connection.get());
  });
}

}  // namespace berth::hypervisor
