// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ipv4.hpp"

namespace berth {

/// Whether some process has the DNS port of this address, which must be one of the host's own. Costs 0.05 ms and no
/// privilege: the kernel itself answers a packet to a port that nobody has, and a packet of one byte is no query that a
/// server would answer.
bool resolver_listens(Ipv4 address);

}  // namespace berth
