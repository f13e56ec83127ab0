// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "agent/engine/recovery.hpp"
#include "agent/engine/task.hpp"

namespace berth::agent {

/// What the host has beyond what the store knows.
struct Findings {
  std::vector<Unknown> removed;
  std::vector<Unknown> kept;   ///< volumes, keys and images
  std::vector<Error> refused;  ///< what could not be removed
};

/// Before anything is touched after a start. `wrong_state`: the database has never been used, but the host has objects
/// of Berth's, and `adopt_nothing` is not set. When the host was booted since the last start, sessions that ran are
/// started again and operations under way begin anew.
Result<void> recover(Surroundings& with);

/// Removes domains, firewall entries and networks that no session has, and what imports that were cut off have left
/// behind; other images, volumes and keys are only named.
Result<Findings> sweep(Surroundings& with);

/// Terminates the sessions whose time to live has ended; which they are. Setting the wall clock ends none.
Result<std::vector<SessionId>> expire(Surroundings& with);

}  // namespace berth::agent
