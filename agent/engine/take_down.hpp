// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "agent/engine/task.hpp"

namespace berth::agent {

/// Carries on a stop: asks the machines to power off, waits for them, cuts the power of those that do not, and removes
/// domains and firewall entries.
Result<Next> take_down(Task& task);

/// Undoes a start that failed: the session keeps its volume and key, and says why.
Result<Next> undo_start(Task& task);

/// Carries on a termination, or undoes a creation: removes everything, what the user's sessions share with the last
/// one.
Result<Next> clear_away(Task& task);

}  // namespace berth::agent
