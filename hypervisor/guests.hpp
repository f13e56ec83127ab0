// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/id.hpp"
#include "core/ssh_key.hpp"
#include "libvirt/handles.hpp"

namespace berth::hypervisor {

/// What a running guest is asked to do. Guests are not trusted: one that does not answer costs its own caller a
/// deadline and nobody else anything.
class Guests {
 public:
  explicit Guests(LibvirtProvider libvirt) : libvirt_(std::move(libvirt)) {}

  /// Asks the guest to power off and returns at once: by its agent where that has its channel open, and by the power
  /// button where not or where the agent does not do it. A machine that does not run is `guest_stopped`.
  Result<void> shutdown(const MachineId& machine);

  /// Makes these root's authorized keys, and no others, through the guest agent. `guest_agent_failed` when it is not
  /// there, refuses, or does not answer within 10 s; `guest_stopped` when the machine does not run.
  Result<void> set_ssh_keys(const MachineId& machine, const std::vector<SshKey>& keys) const;

 private:
  Result<DomainPtr> running(virConnect* connection, const MachineId& machine) const;

  /// Machines whose agents are being asked to power off: one thread a machine, however often it is asked.
  struct Asked {
    std::mutex mutex;
    std::set<MachineId> machines;
  };

  LibvirtProvider libvirt_;
  std::shared_ptr<Asked> asked_ = std::make_shared<Asked>();
};

/// A JSON list of key lines, read strictly: 64 at most, each as SshKey::parse takes it.
Result<std::vector<SshKey>> parse_ssh_keys(std::string_view json);

}  // namespace berth::hypervisor
