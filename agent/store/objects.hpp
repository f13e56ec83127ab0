// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <set>

#include "agent/store/database.hpp"
#include "core/spec.hpp"

namespace berth::agent {

/// Every id of that kind that a session which is not gone may have on the host.
std::set<Id> known_objects(Database& db, Kind kind);

}  // namespace berth::agent
