// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/database.hpp"

namespace berth::agent {
namespace {

constexpr int busy_timeout_ms = 5'000;

}  // namespace

Database::Database(const std::filesystem::path& file, Use use)
    : connection_(file.string(), SQLite::OPEN_READWRITE | (use == Use::write ? SQLite::OPEN_CREATE : 0),
                  busy_timeout_ms) {
  // WAL and FULL: a commit is on the disk when it returns, and readers do not wait for it.
  connection_.exec("PRAGMA journal_mode = WAL");
  connection_.exec("PRAGMA synchronous = FULL");
  connection_.exec("PRAGMA foreign_keys = ON");
  connection_.exec("PRAGMA cache_size = -1024");
  if (use == Use::read) connection_.exec("PRAGMA query_only = ON");
}

SQLite::Statement& Database::prepared(const char* sql) {
  auto found = statements_.find(std::string_view(sql));
  if (found == statements_.end()) found = statements_.emplace(sql, SQLite::Statement(connection_, sql)).first;
  return found->second;
}

}  // namespace berth::agent
