// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/guests.hpp"

#include <system_error>
#include <thread>

#include "core/json.hpp"
#include "core/spec.hpp"
#include "hypervisor/domain_state.hpp"
#include "libvirt/error.hpp"

namespace berth::hypervisor {
namespace {

constexpr int agent_seconds = 10;

Result<void> press_power_button(virDomain* domain, const MachineId& machine) {
  if (virDomainShutdownFlags(domain, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN) == 0) return {};
  return std::unexpected(
      libvirt_error(Code::libvirt_failed, "cannot press a machine's power button").with("machine", machine.str()));
}

}  // namespace

Result<DomainPtr> Guests::running(virConnect* connection, const MachineId& machine) const {
  auto domain = TRY(find_domain(connection, machine));
  if (domain && virDomainIsActive(domain.get()) == 1) return domain;
  return std::unexpected(Error{Code::guest_stopped, "the machine does not run", {{"machine", machine.str()}}});
}

Result<void> Guests::shutdown(const MachineId& machine) {
  const auto connection = TRY(libvirt_());
  const auto domain = TRY(running(connection.get(), machine));
  if (!agent_connected(domain.get())) return press_power_button(domain.get(), machine);
  DomainPtr own(virDomainLookupByUUIDString(connection.get(), machine.uuid().c_str()));
  const std::scoped_lock lock(asked_->mutex);
  if (!own || !asked_->machines.insert(machine).second) return {};
  // libvirt waits up to a minute until an agent that took the order has done it. The thread owns all that it uses, so
  // it may outlive this object; nothing in it throws. Who asked waits for the machine's end, with a deadline.
  try {
    std::thread([asked = asked_, connection, own = std::move(own), machine] {
      if (virDomainShutdownFlags(own.get(), VIR_DOMAIN_SHUTDOWN_GUEST_AGENT) != 0)
        virDomainShutdownFlags(own.get(), VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN);
      const std::scoped_lock done(asked->mutex);
      asked->machines.erase(machine);
    }).detach();
  } catch (const std::system_error&) {  // the host has no thread left
    asked_->machines.erase(machine);
    return press_power_button(domain.get(), machine);
  }
  return {};
}

Result<void> Guests::set_ssh_keys(const MachineId& machine, const std::vector<SshKey>& keys) const {
  const auto connection = TRY(libvirt_());
  const auto domain = TRY(running(connection.get(), machine));
  std::vector<const char*> lines;
  for (const auto& key : keys) lines.push_back(key.line().c_str());
  if (virDomainAgentSetResponseTimeout(domain.get(), agent_seconds, 0) != 0 ||
      virDomainAuthorizedSSHKeysSet(domain.get(), "root", lines.data(), static_cast<unsigned>(lines.size()), 0) != 0)
    return std::unexpected(libvirt_error(Code::guest_agent_failed, "the guest agent did not take the keys")
                               .with("machine", machine.str()));
  return {};
}

Result<std::vector<SshKey>> parse_ssh_keys(std::string_view json) {
  const auto wrong = [] {
    return std::unexpected(
        Error{Code::invalid_field, "must be a list of 64 SSH keys at most", {{"field", "ssh_keys"}}});
  };
  const auto value = TRY(parse_json(json));
  if (!value.is_array() || value.size() > most_ssh_keys) return wrong();
  std::vector<SshKey> keys;
  for (const auto& line : value) {
    if (!line.is_string()) return wrong();
    auto key = TRY(SshKey::parse(line.get<std::string>()));
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace berth::hypervisor
