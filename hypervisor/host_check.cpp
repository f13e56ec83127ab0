// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/host_check.hpp"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <thread>

#include "core/json.hpp"
#include "libvirt/error.hpp"

namespace berth::hypervisor {
namespace {

using State = HostCheck::State;

struct Space {
  Bytes total = 0, free = 0;
};

Space space_of(const std::filesystem::path& folder) {
  struct statvfs info {};
  if (statvfs(folder.c_str(), &info) != 0) return {};
  return {Bytes{info.f_blocks} * info.f_frsize, Bytes{info.f_bavail} * info.f_frsize};
}

/// A number of /proc/meminfo, in bytes; 0 when it is not there.
Bytes memory_number(std::string_view name) {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10) * 1024;
  return 0;
}

HostCheck program(const std::string& name, const std::filesystem::path& path, const char* package) {
  if (access(path.c_str(), X_OK) == 0) return {name, State::ok, path};
  return {name, State::failed, fmt::format("{} is missing", path.string()),
          fmt::format("install the package {}", package)};
}

HostCheck forwarding() {
  std::ifstream file("/proc/sys/net/ipv4/ip_forward");
  char value = '0';
  file >> value;
  return {"forwarding", State::ok,
          value == '1' ? "IPv4 is forwarded" : "off; libvirt switches it on with the first user's network"};
}

std::string in_gib(Bytes bytes) {
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / static_cast<double>(GiB));
}

}  // namespace

std::string_view name_of(State state) noexcept {
  constexpr std::array<std::string_view, 3> names{"ok", "warning", "failed"};
  return names[static_cast<std::size_t>(state)];
}

HostCheck storage_check(Bytes total, Bytes free) {
  const auto detail = fmt::format("{} of {} free", in_gib(free), in_gib(total));
  constexpr const char* remedy = "end sessions, remove images, or move /var/lib/berth to a larger file system";
  if (free < GiB) return {"storage", State::failed, detail, remedy};
  if (free < total / 10) return {"storage", State::warning, detail, remedy};
  return {"storage", State::ok, detail};
}

HostCheck memory_check(Bytes available) {
  const auto detail = in_gib(available) + " available";
  if (available >= 512 * MiB) return {"memory", State::ok, detail};
  return {"memory", State::warning, detail, "end sessions; the kernel kills a guest when memory runs out"};
}

HostCheck HostChecks::kvm() const {
  const auto proof = sources_.accelerator->kvm();
  if (proof) return {"kvm", State::ok, "a guest's instructions run at the processor's speed"};
  if (sources_.accelerator->emulation_allowed())
    return {"kvm", State::warning, fmt::format("{}; {}", describe(proof.error()), emulation_warning),
            "use a machine with KVM, and take allow_emulation out of /etc/berth/hypervisor.conf"};
  return {"kvm", State::failed, describe(proof.error()),
          "enable virtualization in the firmware, or use a bare-metal machine; for a trial: allow_emulation = yes in "
          "/etc/berth/hypervisor.conf"};
}

HostCheck HostChecks::libvirtd() const {
  const auto connection = sources_.libvirt();
  if (!connection) return {"libvirtd", State::failed, describe(connection.error()), "systemctl restart libvirtd"};
  unsigned long library = 0, emulator = 0;
  if (virConnectGetLibVersion(connection->get(), &library) != 0 ||
      virConnectGetVersion(connection->get(), &emulator) != 0)
    return {"libvirtd", State::failed, describe(libvirt_error(Code::libvirt_failed, "libvirtd does not answer")),
            "systemctl restart libvirtd"};
  const auto text = [](unsigned long v) {
    return fmt::format("{}.{}.{}", v / 1'000'000, v / 1'000 % 1'000, v % 1'000);
  };
  return {"libvirtd", State::ok, fmt::format("libvirt {}, QEMU {}", text(library), text(emulator))};
}

HostCheck HostChecks::firewall() const {
  const auto stands = sources_.firewall();
  if (stands) return {"firewall", State::ok, "the rules stand"};
  return {"firewall", State::failed, describe(stands.error()),
          "berth-hypervisor loads the rules again within a second; find out what else changes nftables"};
}

HostCheck HostChecks::seeds() const {
  struct statfs info {};
  const bool in_memory =
      statfs(sources_.run_folder.c_str(), &info) == 0 && (info.f_type == TMPFS_MAGIC || info.f_type == RAMFS_MAGIC);
  if (in_memory) return {"seeds", State::ok, "seeds are kept in memory"};
  return {"seeds", State::failed,
          fmt::format("{} is not in memory, and seeds hold private keys", sources_.run_folder.string()),
          "mount a tmpfs there"};
}

std::vector<HostCheck> HostChecks::all() const {
  const auto space = space_of(sources_.state_folder);
  return {kvm(),
          libvirtd(),
          program("qemu", "/usr/bin/qemu-system-x86_64", "qemu-system-x86"),
          program("dnsmasq", "/usr/sbin/dnsmasq", "dnsmasq-base"),
          program("image-inspector", sources_.image_inspector, "berth-host"),
          firewall(),
          forwarding(),
          seeds(),
          {"host-key", State::ok,
           "loaded; without /etc/berth/host-key.cred and /var/lib/systemd/credential.secret no volume can be read, so "
           "keep a "
           "backup of both, and of /etc/machine-id"},
          storage_check(space.total, space.free),
          memory_check(memory_number("MemAvailable:"))};
}

std::string HostChecks::json() const {
  const auto accelerator = sources_.accelerator->current();
  const auto space = space_of(sources_.state_folder);
  auto checks = nlohmann::json::array();
  for (const auto& check : all())
    checks.push_back(
        {{"name", check.name}, {"state", name_of(check.state)}, {"detail", check.detail}, {"remedy", check.remedy}});
  return dump_json({{"accelerator", accelerator ? name_of(*accelerator) : "none"},
                    {"cpus", std::thread::hardware_concurrency()},
                    {"memory", memory_number("MemTotal:")},
                    {"storage_total", space.total},
                    {"storage_free", space.free},
                    {"checks", checks}});
}

}  // namespace berth::hypervisor
