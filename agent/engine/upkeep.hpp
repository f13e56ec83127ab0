// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "agent/engine/task.hpp"

namespace berth::agent {

/// Looks after a session on which no operation is under way. One that should run: mends its network and firewall; when
/// a machine has ended, the session becomes `stopped` (the guest powered off) or `failed`. One that rests: no machine
/// of it may run. An error is the store's.
Result<Next> keep_up(Surroundings& with, const Session& session);

}  // namespace berth::agent
