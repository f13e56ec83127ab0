// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "core/driver.hpp"
#include "hypervisor/domain_xml.hpp"
#include "hypervisor/seed.hpp"
#include "libvirt/handles.hpp"
#include "libvirt/turns.hpp"

namespace berth::hypervisor {

/// An image's files, of which machines share the disk.
struct ImageFiles {
  std::filesystem::path disk;
  std::string disk_format;  ///< "raw" or "qcow2"
  std::optional<BootFiles> boot{};
};

/// Where a machine's parts come from. Asked at every start, from any thread.
struct DomainSources {
  LibvirtProvider libvirt;
  std::function<Result<Accelerator>()> accelerator;
  std::function<Result<HostKey>(const VolumeId&, const UserId&)> host_key;
  std::function<Result<ImageFiles>(const ImageId&)> image;
  std::function<std::filesystem::path(const VolumeId&)> volume;
  std::function<Result<ImageId>(const VolumeId&)> image_under;  ///< the image that the volume was made over
};

/// Running machines: transient libvirt domains, each with a seed and, for images that bring a kernel, its own copy of
/// kernel and initrd (libvirt makes QEMU's user the owner of these; nobody may own what machines share).
class Domains : public Driver {
 public:
  /// `seeds` lies in memory, `boot` on disk; `logs` is where libvirt keeps what QEMU says, and its command line.
  Domains(DomainSources sources, std::filesystem::path seeds, std::filesystem::path boot,
          std::filesystem::path logs = "/var/log/libvirt/qemu")
      : sources_(std::move(sources)), seeds_(std::move(seeds)), boot_(std::move(boot)), logs_(std::move(logs)) {}
  /// Makes the folders (0711, so that QEMU gets at what is its own), and removes seeds that were broken off. To be
  /// called once, before all else.
  Result<void> prepare() const;

  Kind kind() const noexcept override { return Kind::domain; }
  /// Damaged: paused, by a start that was broken off or by a full disk, or of another volume.
  Result<Presence> observe(const Spec& spec) override;
  /// The machine runs when this returns, its card behind the rules that stood before. `start_failed` has QEMU's last
  /// words, `accelerator_missing` says what the operator can do; nothing is left behind then. `libvirt_failed` while
  /// libvirt is at its start already. `wrong_state` when the volume lies over another image.
  Result<void> apply(const Spec& spec) override;
  /// Ends the machine at once (QEMU gets 15 s to flush, by libvirt) and removes its files, libvirt's log of it too.
  Result<void> remove(const Id& machine) override;
  /// Domains of our mark, and machines of which only files are left.
  Result<std::vector<Id>> list() override;

 private:
  Result<void> start(virConnect* connection, const DomainSpec& spec);
  Result<void> create(virConnect* connection, const DomainSpec& spec, const DomainFiles& files,
                      Accelerator accelerator);
  Result<DomainFiles> make_files(const DomainSpec& spec) const;
  Result<std::optional<BootFiles>> copy_boot_files(const MachineId& machine,
                                                   const std::optional<BootFiles>& shared) const;
  Result<void> remove_files(const Id& machine) const;
  void remove_logs(const Id& machine) const;
  std::filesystem::path seed_of(const Id& machine) const { return seeds_ / (machine.str() + ".iso"); }

  DomainSources sources_;
  std::filesystem::path seeds_, boot_, logs_;
  Turns turns_;
};

}  // namespace berth::hypervisor
