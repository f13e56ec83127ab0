// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>

#include "core/ipv4.hpp"

namespace berth::agent {

/// Whether whoever listens at that address and port greets as an SSH server does ("SSH-", RFC 4253, 4.2), within the
/// time. Four bytes are read and nothing is sent.
bool ssh_greets(Ipv4 address, std::uint16_t port, std::chrono::milliseconds within);

}  // namespace berth::agent
