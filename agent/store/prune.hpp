// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "agent/settings.hpp"
#include "agent/store/database.hpp"

namespace berth::agent {

/// Deletes what is kept for a time only: finished operations, sessions that are gone, Idempotency-Keys, old events. The
/// operation that made a session stays as long as the session's row: it answers a repeated request.
void prune(Database& db, const Settings& settings, Time now);

}  // namespace berth::agent
