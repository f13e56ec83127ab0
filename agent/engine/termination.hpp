// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "agent/model.hpp"
#include "agent/store/database.hpp"

namespace berth::agent {

/// Sets the goal `terminated` and opens the operation that gets there; one that is under way ends with `cancelled`.
/// For a session whose goal is another.
Operation begin_termination(Database& db, const Session& session, Time now);

}  // namespace berth::agent
