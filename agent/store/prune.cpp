// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/prune.hpp"

#include "agent/store/events.hpp"

namespace berth::agent {

void prune(Database& db, const Settings& settings, Time now) {
  const Time before = now - settings.keep_operations;
  db.run("DELETE FROM sessions WHERE gone_at < ?", before);
  db.run("DELETE FROM operations WHERE finished_at < ? AND kind <> 'create'", before);
  db.run("DELETE FROM idempotency WHERE session IN (SELECT id FROM sessions WHERE created_at < ?)", before);
  prune_events(db, settings.keep_events);
}

}  // namespace berth::agent
