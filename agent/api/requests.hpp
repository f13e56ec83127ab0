// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <string_view>

#include "agent/model.hpp"

/// The bodies of requests, parsed once, strictly. Every refusal names the field.
namespace berth::agent {

/// The longest time to live that can be asked for; what a host allows is less (Settings).
inline constexpr std::chrono::seconds most_time_to_live{std::chrono::years(10)};

Result<CreateRequest> parse_create(std::string_view body);
/// {"seconds": 3600}
Result<std::chrono::seconds> parse_extend(std::string_view body);
/// {"key": "ssh-ed25519 …"}
Result<SshKey> parse_key(std::string_view body);

}  // namespace berth::agent
