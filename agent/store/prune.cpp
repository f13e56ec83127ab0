// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/prune.hpp"

#include <algorithm>

#include "agent/store/events.hpp"

namespace berth::agent {
namespace {

std::size_t prune_sessions(Database& db, Time before, const Bounds& bounds) {
  return static_cast<std::size_t>(
      db.run("DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE gone_at IS NOT NULL AND (gone_at < ?1 "
             "OR gone_at <= (SELECT gone_at FROM sessions WHERE gone_at IS NOT NULL ORDER BY gone_at DESC LIMIT 1 "
             "OFFSET ?2)) LIMIT ?3)",
             before, static_cast<std::int64_t>(bounds.gone_sessions), static_cast<std::int64_t>(bounds.batch)));
}

/// An id begins with the time it was made at, so the order of ids is the order of time.
std::size_t prune_operations(Database& db, Time before, const Bounds& bounds) {
  return static_cast<std::size_t>(
      db.run("DELETE FROM operations WHERE id IN (SELECT id FROM operations WHERE state <> 'running' "
             "AND kind <> 'create' AND (finished_at < ?1 OR id <= (SELECT id FROM operations ORDER BY id DESC LIMIT 1 "
             "OFFSET ?2)) LIMIT ?3)",
             before, static_cast<std::int64_t>(bounds.operations), static_cast<std::int64_t>(bounds.batch)));
}

}  // namespace

bool prune(Database& db, const Settings& settings, Time now, const Bounds& bounds) {
  const Time before = now - settings.keep_operations;
  const auto sessions = prune_sessions(db, before, bounds);
  const auto operations = prune_operations(db, before, bounds);
  const auto events = prune_events(db, settings.keep_events, bounds.batch);
  db.run("DELETE FROM idempotency WHERE session IN (SELECT id FROM sessions WHERE created_at < ?)", before);
  return std::max({sessions, operations, events}) >= bounds.batch;
}

}  // namespace berth::agent
