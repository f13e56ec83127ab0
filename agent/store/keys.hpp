// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ssh_key.hpp"

namespace berth::agent {

/// SSH keys as one text, a line each, as in authorized_keys.
std::string to_lines(const std::vector<SshKey>& keys);
/// Throws std::runtime_error where a line is damaged.
std::vector<SshKey> from_lines(std::string_view lines);

}  // namespace berth::agent
