// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <mutex>

#include "agent/host/bus_driver.hpp"
#include "agent/host/host.hpp"
#include "systemd/bus_client.hpp"
#include "systemd/bus_signals.hpp"

namespace berth::agent {

/// The hypervisor manager, over the bus (docs/CONTRACTS.md).
class BusHost : public Host {
 public:
  /// Connects when first needed, and again whenever the other side was restarted.
  explicit BusHost(std::filesystem::path socket);

  Driver& driver(Kind kind) override { return drivers_[static_cast<std::size_t>(kind)]; }
  Result<void> shutdown(const MachineId& machine) override;
  Result<std::map<MachineId, MachineState>> domains() override;
  Result<void> set_ssh_keys(const MachineId& machine, const std::vector<SshKey>& keys) override;
  Result<std::string> ssh_host_key(const UserId& user, const VolumeId& volume) override;
  bool greets(Ipv4 address) override;
  Result<HostFacts> facts() override;
  std::string boot_id() override;
  Result<Image> import_image(int fd, std::string_view format, std::string_view sha256) override;
  Result<std::vector<Image>> list_images() override;
  Result<void> remove_image(const ImageId& image) override;
  void listen(HostListener* listener) override;

 private:
  void arrived(const std::string& signal, const std::vector<std::string>& arguments);
  void tell(const std::function<void(HostListener&)>& what);

  std::filesystem::path socket_;
  BusClient bus_;
  std::array<BusDriver, kinds.size()> drivers_;
  std::mutex telling_;  ///< held while the listener is told, so that it is not gone meanwhile
  HostListener* listener_ = nullptr;
  std::unique_ptr<BusSignals> signals_;  // last: its thread ends before what it uses
};

}  // namespace berth::agent
