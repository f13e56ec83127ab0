// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "agent/settings.hpp"
#include "agent/store/database.hpp"

/// A time to live is elapsed time; `expires_at` says where on the wall clock it ends. When somebody sets the wall
/// clock, the ends are moved along with it (docs/adr/0010-time-to-live-is-elapsed-time.md). What is remembered is how
/// far the wall clock is ahead of the host's uptime, since an earlier start of the agent as well.
namespace berth::agent {

/// Whether the wall clock was set, by more than a second, since it was last followed.
bool wall_clock_was_set(Database& db, const Clock& clock);

/// The time now. Moves the ends of all sessions when the wall clock was set: then none is further away than the longest
/// time to live, so that a clock which was wrong by years leaves nothing for ever. For whoever reads or writes an end.
Time follow_wall_clock(Database& db, const Clock& clock, const Settings& settings);

/// After a boot of the host the wall clock is all there is: it is taken as right.
void trust_wall_clock(Database& db, const Clock& clock);

/// Whether the host was booted so lately that its wall clock may not have been put right yet. Meanwhile nothing may be
/// ended for its time being over, and setting the clock moves only the ends of sessions that were made since the boot.
bool wall_clock_settles(const Clock& clock);

}  // namespace berth::agent
