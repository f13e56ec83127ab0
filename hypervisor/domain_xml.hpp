// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/spec.hpp"

namespace berth::hypervisor {

/// What runs a guest's instructions.
enum class Accelerator { kvm, qemu };
std::string_view name_of(Accelerator accelerator) noexcept;

/// A kernel that an image brings, for direct boot.
struct BootFiles {
  std::filesystem::path kernel, initrd;
  std::string cmdline;  ///< one line
};

/// The files that a machine is started from.
struct DomainFiles {
  std::filesystem::path volume;     ///< encrypted qcow2; its libvirt secret bears the volume's UUID
  std::filesystem::path image;      ///< what the volume lies over
  std::string image_format;         ///< "raw" or "qcow2"
  std::filesystem::path seed;       ///< cloud-init seed, iso9660
  std::optional<BootFiles> boot{};  ///< nothing: the BIOS boots from the disk
};

/// The namespace of our mark in a domain's metadata.
inline constexpr const char* metadata_namespace = "urn:berth:machine:1";

/// The libvirt domain of a machine. Transient by design: it exists exactly while the machine runs.
std::string domain_xml(const DomainSpec& spec, const DomainFiles& files, Accelerator accelerator);

}  // namespace berth::hypervisor
