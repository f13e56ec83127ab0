// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "core/id.hpp"
#include "libvirt/connection.hpp"

namespace berth::hypervisor {

/// The word of docs/CONTRACTS.md for one of libvirt's lifecycle events (virDomainEventType and its detail), or nullptr
/// for one that nobody needs to know.
const char* lifecycle_word(int event, int detail) noexcept;

/// Tells what happens to our machines. What happens while libvirtd is away is told when it is back: a machine that is
/// no longer there as "stopped", an agent that came or went.
class Lifecycle {
 public:
  /// `told` runs on libvirt's event thread, or on the one that connects; it must not call libvirt.
  explicit Lifecycle(std::function<void(const MachineId& machine, const std::string& event)> told)
      : told_(std::move(told)) {}
  /// From now on. libvirt's callbacks refer to this object, so it must outlive `libvirt`.
  void follow(Libvirt& libvirt);
  /// The machines that run, as far as libvirt has told, and whether their agent is connected.
  std::map<MachineId, bool> running();

 private:
  Result<void> opened(const ConnectPtr& connection);
  void compare(const std::map<MachineId, bool>& now);
  void domain_event(virDomain* domain, int event, int detail);
  void agent_event(virDomain* domain, bool connected);

  std::function<void(const MachineId&, const std::string&)> told_;
  std::mutex mutex_;
  std::map<MachineId, bool> known_;  ///< machines that run, and whether their agent is connected; guarded by mutex_
};

}  // namespace berth::hypervisor
