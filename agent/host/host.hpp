// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model.hpp"
#include "core/driver.hpp"

namespace berth::agent {

/// A machine as libvirt has it now; a machine that is not running has none.
struct MachineState {
  enum class Power { running, paused, stopping };
  Power power = Power::running;
  bool agent = false;  ///< the guest agent's channel is connected
};

struct HostCheck {
  std::string name, state, detail, remedy;  ///< state: "ok", "warning" or "failed"
};

/// The hypervisor manager's answer about its host.
struct HostFacts {
  std::string accelerator;  ///< "kvm", "qemu" or "none"
  std::uint64_t cpus = 0;
  Bytes memory = 0, storage_total = 0, storage_free = 0;
  std::vector<HostCheck> checks;
};

/// What became of a machine, as far as somebody watched.
enum class MachineEvent { started, agent_connected, agent_disconnected, shutdown, crashed, stopped };

/// Told by a Host what happens there. Called from a thread of the host's; must not call back into it.
struct HostListener {
  virtual ~HostListener() = default;
  virtual void machine_event(const MachineId& machine, MachineEvent event) = 0;
  /// The connection to the hypervisor manager is there (again): signals may have been missed before.
  virtual void connected() = 0;
};

/// What the agent needs of the host: the drivers and what goes beyond them. One implementation over the bus, one in the
/// tests. While the hypervisor manager is away every call fails with `hypervisor_unavailable`. For any number of
/// threads.
struct Host {
  virtual ~Host() = default;

  virtual Driver& driver(Kind kind) = 0;
  /// Asks the guest to power off and returns at once.
  virtual Result<void> shutdown(const MachineId& machine) = 0;
  virtual Result<std::map<MachineId, MachineState>> domains() = 0;
  virtual Result<void> set_ssh_keys(const MachineId& machine, const std::vector<SshKey>& keys) = 0;
  /// "ssh-ed25519 AAAA…", the same for as long as the volume lives.
  virtual Result<std::string> ssh_host_key(const UserId& user, const VolumeId& volume) = 0;
  /// Whether an SSH server greets at port 22; takes at most half a second.
  virtual bool greets(Ipv4 address) = 0;
  virtual Result<HostFacts> facts() = 0;
  /// Another text after each boot of the host (the kernel's boot id).
  virtual std::string boot_id() = 0;

  /// The image's file is read from `fd` to its end; the result has no name and no time.
  virtual Result<Image> import_image(int fd, std::string_view format, std::string_view sha256) = 0;
  virtual Result<std::vector<Image>> list_images() = 0;
  virtual Result<void> remove_image(const ImageId& image) = 0;

  /// From now on `listener` is told; nullptr ends it, after a call that is under way has returned.
  virtual void listen(HostListener* listener) = 0;
};

}  // namespace berth::agent
