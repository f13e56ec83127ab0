// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "agent/engine/task.hpp"

namespace berth::agent {

/// Carries on a creation or a start: makes what the plan says, waits until the machines answer. A start makes neither
/// key nor volume: where they are not there any more it fails, since empty ones would hide the loss.
Result<Next> bring_up(Task& task);

}  // namespace berth::agent
