// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/secret.hpp"
#include "core/spec.hpp"

namespace berth::hypervisor {

/// A machine's SSH host key as its seed has it: the private part is text of the format openssh-key-v1.
struct HostKey {
  Secret private_pem;
  std::string public_line;
};

/// The texts of a cloud-init NoCloud seed (docs of cloud-init, "NoCloud"; network configuration version 2).
std::string seed_meta_data(const DomainSpec& spec);
std::string seed_network_config(const DomainSpec& spec);
/// Holds the private host key, so it is a secret as a whole.
Secret seed_user_data(const DomainSpec& spec, const HostKey& key);

/// Writes the seed as an iso9660 file labelled "cidata", mode 0600, replacing one that is there. The folder must lie in
/// memory; the library keeps its own scratch file in $TMPDIR, which must too.
Result<void> write_seed(const std::filesystem::path& path, const DomainSpec& spec, const HostKey& key);

}  // namespace berth::hypervisor
