// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/lifecycle.hpp"

#include <optional>

#include "core/names.hpp"
#include "hypervisor/domain_state.hpp"
#include "libvirt/error.hpp"

namespace berth::hypervisor {
namespace {

constexpr const char* agent_word(bool connected) {
  return connected ? "agent_connected" : "agent_disconnected";
}

std::optional<MachineId> machine_of(virDomain* domain) {
  const auto id = names::from_libvirt(virDomainGetName(domain));
  if (!id) return std::nullopt;
  return MachineId(*id);
}

}  // namespace

const char* lifecycle_word(int event, int detail) noexcept {
  if (event == VIR_DOMAIN_EVENT_STARTED) return "started";
  if (event != VIR_DOMAIN_EVENT_STOPPED) return nullptr;
  switch (detail) {
    case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN:
      return "shutdown";
    case VIR_DOMAIN_EVENT_STOPPED_CRASHED:
    case VIR_DOMAIN_EVENT_STOPPED_FAILED:
      return "crashed";
    default:
      return "stopped";
  }
}

void Lifecycle::follow(Libvirt& libvirt) {
  libvirt.watch([this](const ConnectPtr& connection) { return opened(connection); });
}

Result<void> Lifecycle::opened(const ConnectPtr& connection) {
  const auto on_domain = [](virConnectPtr, virDomainPtr domain, int event, int detail, void* self) {
    static_cast<Lifecycle*>(self)->domain_event(domain, event, detail);
    return 0;
  };
  const auto on_agent = [](virConnectPtr, virDomainPtr domain, int state, int, void* self) {
    static_cast<Lifecycle*>(self)->agent_event(domain,
                                               state == VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED);
  };
  const virConnectDomainEventCallback domain_callback = on_domain;
  const virConnectDomainEventAgentLifecycleCallback agent_callback = on_agent;
  if (virConnectDomainEventRegisterAny(connection.get(), nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                       VIR_DOMAIN_EVENT_CALLBACK(domain_callback), this, nullptr) < 0 ||
      virConnectDomainEventRegisterAny(connection.get(), nullptr, VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
                                       VIR_DOMAIN_EVENT_CALLBACK(agent_callback), this, nullptr) < 0)
    return std::unexpected(libvirt_error(Code::libvirt_failed, "libvirt does not tell of machines' events"));
  const auto machines = TRY(running_machines(connection.get()));
  std::map<MachineId, bool> now;
  for (const auto& [machine, state] : machines) now[machine] = state.agent;
  compare(now);
  return {};
}

/// Tells the difference to what was known before the connection was lost.
void Lifecycle::compare(const std::map<MachineId, bool>& now) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [machine, agent] : known_) {
    const auto found = now.find(machine);
    if (found == now.end())
      told_(machine, "stopped");
    else if (found->second != agent)
      told_(machine, agent_word(found->second));
  }
  known_ = now;
}

std::map<MachineId, bool> Lifecycle::running() {
  const std::scoped_lock lock(mutex_);
  return known_;
}

void Lifecycle::domain_event(virDomain* domain, int event, int detail) {
  const auto machine = machine_of(domain);
  const char* word = lifecycle_word(event, detail);
  if (!machine || word == nullptr) return;
  const std::scoped_lock lock(mutex_);
  if (event == VIR_DOMAIN_EVENT_STARTED)
    known_[*machine] = false;
  else
    known_.erase(*machine);
  told_(*machine, word);
}

void Lifecycle::agent_event(virDomain* domain, bool connected) {
  const auto machine = machine_of(domain);
  if (!machine) return;
  const std::scoped_lock lock(mutex_);
  if (const auto known = known_.find(*machine); known != known_.end()) known->second = connected;
  told_(*machine, agent_word(connected));
}

}  // namespace berth::hypervisor
