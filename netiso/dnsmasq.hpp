// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "core/error.hpp"
#include "core/ipv4.hpp"

namespace berth {

/// False when no process has the DNS port of this address, which must be one of the host's own; true also when that
/// cannot be found out. Costs 0.05 ms and no
/// privilege: the kernel itself answers a packet to a port that nobody has, and a packet of one byte is no query that a
/// server would answer.
bool dnsmasq_listens(Ipv4 address);

/// Ends the dnsmasq that libvirt started for a network and has forgotten; absent is success. It would keep the
/// network's address from the next one. `network_failed` when it does not end within 5 s.
Result<void> end_dnsmasq(const std::string& network);

}  // namespace berth
