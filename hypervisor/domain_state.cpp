// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/domain_state.hpp"

#include "core/names.hpp"
#include "hypervisor/domain_xml.hpp"
#include "libvirt/error.hpp"

namespace berth::hypervisor {
namespace {

/// Our element of the domain's metadata; empty for a domain that is not ours.
std::string mark_of(virDomain* domain) {
  const VirAllocated<char> mark(
      virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, metadata_namespace, VIR_DOMAIN_AFFECT_CURRENT));
  return mark ? mark.get() : "";
}

MachineState::Phase phase_of(virDomainState state) {
  switch (state) {
    case VIR_DOMAIN_PAUSED:
    case VIR_DOMAIN_PMSUSPENDED:
      return MachineState::Phase::paused;
    case VIR_DOMAIN_SHUTDOWN:
    case VIR_DOMAIN_SHUTOFF:
    case VIR_DOMAIN_CRASHED:
      return MachineState::Phase::stopping;
    default:
      return MachineState::Phase::running;
  }
}

/// Asks libvirt for state and reason.
Result<std::pair<virDomainState, int>> state_and_reason(virDomain* domain) {
  int state = 0, reason = 0;
  if (virDomainGetState(domain, &state, &reason, 0) != 0)
    return std::unexpected(libvirt_error(Code::libvirt_failed, "cannot ask for a machine's state"));
  return std::pair(static_cast<virDomainState>(state), reason);
}

std::string why_paused(virDomain* domain) {
  const auto now = state_and_reason(domain);
  if (now && now->second == VIR_DOMAIN_PAUSED_IOERROR) return "it is paused since a disk failed or is full";
  return "it is paused";
}

}  // namespace

std::string_view name_of(MachineState::Phase phase) noexcept {
  switch (phase) {
    case MachineState::Phase::running:
      return "running";
    case MachineState::Phase::paused:
      return "paused";
    case MachineState::Phase::stopping:
      return "stopping";
  }
  std::unreachable();
}

Result<DomainPtr> find_domain(virConnect* connection, const Id& machine) {
  DomainPtr domain(virDomainLookupByUUIDString(connection, machine.uuid().c_str()));
  if (!domain && libvirt_said(VIR_ERR_NO_DOMAIN)) return domain;
  if (!domain)
    return std::unexpected(
        libvirt_error(Code::libvirt_failed, "cannot look a machine up").with("machine", machine.str()));
  const std::string name = virDomainGetName(domain.get());
  if (name == names::domain(MachineId(machine))) return domain;
  return std::unexpected(Error{
      Code::wrong_state, "a domain that is not Berth's has this id", {{"machine", machine.str()}, {"domain", name}}});
}

Result<std::vector<DomainPtr>> marked_domains(virConnect* connection) {
  virDomainPtr* raw = nullptr;
  const int count = virConnectListAllDomains(connection, &raw, 0);
  if (count < 0) return std::unexpected(libvirt_error(Code::libvirt_failed, "cannot list the machines"));
  const VirAllocated<virDomainPtr> list(raw);
  std::vector<DomainPtr> ours;
  for (int i = 0; i < count; ++i) {
    DomainPtr domain(raw[i]);
    if (names::from_libvirt(virDomainGetName(domain.get())) && !mark_of(domain.get()).empty())
      ours.push_back(std::move(domain));
  }
  return ours;
}

Result<std::map<MachineId, MachineState>> running_machines(virConnect* connection) {
  std::map<MachineId, MachineState> all;
  const auto domains = TRY(marked_domains(connection));
  for (const auto& domain : domains) {
    const auto state = state_of(domain.get());
    if (!state || *state == VIR_DOMAIN_SHUTOFF) continue;  // gone since it was listed
    all[MachineId(*names::from_libvirt(virDomainGetName(domain.get())))] = {phase_of(*state),
                                                                            agent_connected(domain.get())};
  }
  return all;
}

Result<virDomainState> state_of(virDomain* domain) {
  return TRY(state_and_reason(domain)).first;
}

Result<bool> is_being_started(virDomain* domain) {
  const auto [state, reason] = TRY(state_and_reason(domain));
  return being_started(state, reason);
}

bool being_started(virDomainState state, int reason) noexcept {
  return state == VIR_DOMAIN_SHUTOFF || (state == VIR_DOMAIN_PAUSED && reason == VIR_DOMAIN_PAUSED_STARTING_UP);
}

bool is_of(virDomain* domain, const DomainSpec& spec) {
  const auto mark = mark_of(domain);
  return mark.contains(spec.volume.str()) && mark.contains(spec.user.str());
}

Result<Presence> presence_of(virDomain* domain, const DomainSpec& spec) {
  const auto damaged = [](std::string why) { return Presence{Presence::State::damaged, std::move(why)}; };
  if (!is_of(domain, spec)) return damaged("it runs with another volume");
  const auto state = TRY(state_of(domain));
  switch (phase_of(state)) {
    case MachineState::Phase::running:
      return Presence{Presence::State::present};
    case MachineState::Phase::paused:
      return damaged(why_paused(domain));
    case MachineState::Phase::stopping:
      return damaged("it is shutting down");
  }
  std::unreachable();
}

bool agent_connected(virDomain* domain) {
  const VirAllocated<char> xml(virDomainGetXMLDesc(domain, 0));
  if (!xml) return false;
  const std::string_view text = xml.get();
  const auto channel = text.find("name='org.qemu.guest_agent.0'");
  if (channel == std::string_view::npos) return false;
  return text.substr(channel, text.find('>', channel) - channel).contains("state='connected'");
}

Result<void> end_domain(virDomain* domain) {
  const std::string name = virDomainGetName(domain);
  if (virDomainIsActive(domain) == 1 && virDomainDestroy(domain) != 0) {
    auto error = libvirt_error(Code::libvirt_failed, "cannot end a machine").with("domain", name);
    if (virDomainIsActive(domain) == 1) return std::unexpected(std::move(error));
  }
  if (virDomainIsPersistent(domain) == 1 && virDomainUndefine(domain) != 0)
    return std::unexpected(libvirt_error(Code::libvirt_failed, "cannot undefine a machine").with("domain", name));
  return {};
}

}  // namespace berth::hypervisor
