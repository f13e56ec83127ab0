// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace berth {

/// Connections that one user's machines together may hold, and as many others to them: an eighth each of what the
/// kernel tracks for the whole host (net.netfilter.nf_conntrack_max), so a quarter of the table at most; of the usual
/// 262,144 where that cannot be read.
unsigned share_of_a_user();

}  // namespace berth
