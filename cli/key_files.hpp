// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <vector>

#include "cli/failure.hpp"
#include "core/ssh_key.hpp"

namespace berth::cli {

/// The public keys in a file, one a line; empty lines and comments are left aside, links are followed. Refuses a
/// private key, saying which file was probably meant, and a file without keys.
Outcome<std::vector<SshKey>> read_key_file(const std::filesystem::path& file);

}  // namespace berth::cli
