// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/store.hpp"

#include <sqlite3.h>

#include "agent/store/schema.hpp"

namespace berth::agent {

Error database_error(const SQLite::Exception& fault) {
  const auto code = fault.getErrorCode() == SQLITE_FULL ? Code::storage_full : Code::storage_failed;
  return {code, "the agent's database cannot be used", {{"reason", fault.what()}}};
}

Error database_error(const std::runtime_error& fault) {
  return {Code::internal, "the agent's database is damaged", {{"reason", fault.what()}}};
}

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& file) {
  try {
    std::unique_ptr<Store> store(new Store(file));
    TRY(store->write([](Database& db) { return bring_up_to_date(db); }));
    return store;
  } catch (const SQLite::Exception& fault) {
    return std::unexpected(database_error(fault).with("file", file.string()));
  }
}

Store::Store(const std::filesystem::path& file)
    : writer_(file, Database::Use::write), reader_(file, Database::Use::read) {}

void Store::announce(std::uint64_t newest) {
  const std::lock_guard lock(events_);
  if (newest == newest_event_) return;
  newest_event_ = newest;
  newer_.notify_all();
}

bool Store::wait_for_event(std::uint64_t id, std::chrono::milliseconds time) {
  std::unique_lock lock(events_);
  newer_.wait_for(lock, time, [&] { return closing_ || newest_event_ > id; });
  return !closing_ && newest_event_ > id;
}

std::uint64_t Store::newest_event() {
  const std::lock_guard lock(events_);
  return newest_event_;
}

void Store::stop_waiting() {
  const std::lock_guard lock(events_);
  closing_ = true;
  newer_.notify_all();
}

}  // namespace berth::agent
