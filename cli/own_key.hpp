// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>

#include "cli/failure.hpp"
#include "cli/login.hpp"
#include "core/ssh_key.hpp"

namespace berth::cli {

/// The key pair that `berth` logs in with where the user named none: `id_ed25519` in config_folder(), mode 0600.
struct OwnKey {
  std::filesystem::path file;  ///< the private half
  SshKey key;
};

std::filesystem::path own_key_file(const Environment& environment);

/// Makes the pair when it is not there; two at once make one. The public half is read from the private one.
Outcome<OwnKey> own_key(const Environment& environment);
/// The pair that is there; `not_found` when there is none.
Outcome<OwnKey> existing_own_key(const Environment& environment);

}  // namespace berth::cli
