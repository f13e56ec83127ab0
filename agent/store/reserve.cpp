// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/reserve.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>

namespace berth::agent {
namespace {

/// More than the log grows to before its contents go into the database: 1000 pages of 4 KiB (sqlite.org/wal.html,
/// "Automatic Checkpoint").
constexpr std::int64_t reserve = 6 << 20;

/// The log stays when the last connection closes, and with it its length (SQLITE_FCNTL_PERSIST_WAL).
void keep_log(Database& db) {
  int yes = 1;
  sqlite3_file_control(db.connection().getHandle(), "main", SQLITE_FCNTL_PERSIST_WAL, &yes);
}

/// What is stored takes of the free pages first: they are filled up again when half of them are used.
bool is_kept(Database& db) {
  std::error_code fault;
  const auto log = std::filesystem::file_size(db.connection().getFilename() + "-wal", fault);
  return !fault && log >= reserve && db.number("PRAGMA freelist_count") * db.number("PRAGMA page_size") >= reserve / 2;
}

}  // namespace

/// What is written and committed takes room in the log and in the database; what is then dropped leaves it there.
Result<void> keep_reserve(Store& store) {
  const bool kept = TRY(store.write([](Database& db) -> Result<bool> {
    keep_log(db);
    return is_kept(db);
  }));
  if (kept) return {};
  TRY(store.write([](Database& db) -> Result<void> {
    db.script("CREATE TABLE IF NOT EXISTS reserve (bytes BLOB)");
    db.script(fmt::format("INSERT INTO reserve VALUES (zeroblob({}))", reserve).c_str());
    return {};
  }));
  return store.write([](Database& db) -> Result<void> {
    db.script("DROP TABLE reserve");
    return {};
  });
}

}  // namespace berth::agent
