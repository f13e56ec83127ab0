// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "hypervisor/accelerator.hpp"
#include "libvirt/handles.hpp"

namespace berth::hypervisor {

/// One thing that this host needs, as it is now.
struct HostCheck {
  enum class State { ok, warning, failed };
  std::string name;
  State state = State::ok;
  std::string detail{};
  std::string remedy{};  ///< what a person can do; empty where nothing is to be done
};
std::string_view name_of(HostCheck::State state) noexcept;

/// Looks at the host afresh at every call; waits for the proof of KVM.
class HostChecks {
 public:
  struct Sources {
    std::filesystem::path state_folder, run_folder;
    std::filesystem::path image_inspector;
    const AcceleratorChoice* accelerator = nullptr;
    LibvirtProvider libvirt;
    std::function<Result<void>()> firewall;  ///< whether the rules stand as they should
  };
  explicit HostChecks(Sources sources) : sources_(std::move(sources)) {}

  std::vector<HostCheck> all() const;
  /// The answer of `Host` (docs/CONTRACTS.md).
  std::string json() const;

 private:
  HostCheck kvm() const;
  HostCheck libvirtd() const;
  HostCheck firewall() const;
  HostCheck seeds() const;

  Sources sources_;
};

/// How full a file system may be. Volumes grow while guests write, and a full disk pauses them.
HostCheck storage_check(Bytes total, Bytes free);
/// `available` as in /proc/meminfo, MemAvailable.
HostCheck memory_check(Bytes available);

}  // namespace berth::hypervisor
