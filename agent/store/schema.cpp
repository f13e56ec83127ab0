// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/schema.hpp"

#include <array>
#include <string>

namespace berth::agent {
namespace {

// Times are milliseconds since 1970 (those of the journal since the host's boot), sizes bytes, ids and addresses their
// text, enumerations their names. A session that is gone from the host keeps its row, with `gone_at`, and the operation
// that made it until both are pruned: so a repeated request can be answered.
constexpr const char* first_tables = R"(
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  subnet TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
  name TEXT NOT NULL,
  goal TEXT NOT NULL,
  phase TEXT NOT NULL,
  reason TEXT,
  image TEXT NOT NULL,
  image_name TEXT NOT NULL,
  cpus INTEGER NOT NULL,
  memory INTEGER NOT NULL,
  disk INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  rung TEXT NOT NULL,
  rung_reason TEXT NOT NULL,
  ssh_keys TEXT NOT NULL,
  keys_pending INTEGER NOT NULL DEFAULT 0,
  request TEXT NOT NULL,
  gone_at INTEGER
) STRICT;
CREATE UNIQUE INDEX session_names ON sessions (user, name) WHERE gone_at IS NULL;
CREATE INDEX session_images ON sessions (image) WHERE gone_at IS NULL;

CREATE TABLE machines (
  id TEXT PRIMARY KEY,
  session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
  volume TEXT NOT NULL,
  hostname TEXT NOT NULL,
  address TEXT NOT NULL,
  ssh_port INTEGER NOT NULL,
  host_key TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX machine_sessions ON machines (session);

CREATE TABLE operations (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
  state TEXT NOT NULL,
  step TEXT NOT NULL DEFAULT '',
  steps_done INTEGER NOT NULL DEFAULT 0,
  steps_total INTEGER NOT NULL,
  error TEXT,
  ssh_keys TEXT,
  created_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE INDEX operation_sessions ON operations (session);
CREATE UNIQUE INDEX operation_under_way ON operations (session) WHERE state = 'running';

CREATE VIEW session_rows AS
  SELECT s.id, s.name, u.id AS user, u.name AS user_name, u.subnet, s.goal, s.phase, s.reason, s.image, s.image_name, s.cpus,
         s.memory, s.disk, s.created_at, s.expires_at, s.rung, s.rung_reason, s.ssh_keys,
         (SELECT o.id FROM operations o WHERE o.session = s.id AND o.state = 'running') AS operation, s.gone_at
  FROM sessions s JOIN users u ON u.id = s.user;
CREATE VIEW operation_rows AS
  SELECT o.id, o.kind, o.session, s.user, u.name AS user_name, o.state, o.step, o.steps_done, o.steps_total, o.error,
         o.created_at, o.finished_at
  FROM operations o JOIN sessions s ON s.id = o.session JOIN users u ON u.id = s.user;

CREATE TABLE journal (
  operation TEXT NOT NULL REFERENCES operations ON DELETE CASCADE,
  position INTEGER NOT NULL,
  step TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  done_at INTEGER,
  PRIMARY KEY (operation, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  type TEXT NOT NULL,
  user TEXT,
  session TEXT,
  operation TEXT,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX event_sessions ON events (session);
CREATE INDEX event_operations ON events (operation);

CREATE TABLE images (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  file_size INTEGER NOT NULL,
  virtual_size INTEGER NOT NULL,
  has_kernel INTEGER NOT NULL,
  imported_at INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency (
  user TEXT NOT NULL,
  key TEXT NOT NULL,
  request TEXT NOT NULL,
  session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
  PRIMARY KEY (user, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_sessions ON idempotency (session);
)";

/// Operations under way begin anew: their steps' times were those of the wall clock.
constexpr const char* elapsed_time = R"(
DELETE FROM journal;
UPDATE operations SET steps_done = 0 WHERE state = 'running';
)";

/// What bounds the past is looked up by; keys are forgotten with what needed them.
constexpr const char* bounded_past = R"(
CREATE INDEX sessions_gone ON sessions (gone_at) WHERE gone_at IS NOT NULL;
UPDATE sessions SET ssh_keys = '' WHERE gone_at IS NOT NULL;
UPDATE operations SET ssh_keys = NULL WHERE state <> 'running';
)";

constexpr const char* imports_under_way = R"(
CREATE TABLE imports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  strangers TEXT NOT NULL
) STRICT;
)";

constexpr std::array steps{first_tables, elapsed_time, bounded_past, imports_under_way};

}  // namespace

Result<void> bring_up_to_date(Database& db) {
  const auto version = static_cast<std::size_t>(db.number("PRAGMA user_version"));
  if (version > steps.size())
    return std::unexpected(Error{Code::storage_failed,
                                 "the database was written by a newer version of Berth",
                                 {{"its version", std::to_string(version)},
                                  {"known here", std::to_string(steps.size())},
                                  {"next", "install that version again"}}});
  for (auto step = version; step < steps.size(); ++step) db.script(steps[step]);
  if (version != steps.size()) db.script(("PRAGMA user_version = " + std::to_string(steps.size())).c_str());
  return {};
}

}  // namespace berth::agent
