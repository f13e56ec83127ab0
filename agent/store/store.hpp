// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>

#include "agent/store/database.hpp"
#include "agent/store/events.hpp"
#include "core/error.hpp"

namespace berth::agent {

/// The agent's database: what should be, and what happened. One writer at a time; reads go on beside it on a connection
/// of their own. A committed write survives a power cut.
class Store {
 public:
  /// Opens or makes the file and brings its tables up to date. `storage_failed`, with the reason, when it is not a
  /// database of Berth's or was written by a newer version.
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& file);

  /// Runs `work(Database&)`, which gives a Result, in one transaction: committed when it succeeds, undone when it fails
  /// or throws. SQLite's own exceptions become `storage_full` or `storage_failed`.
  template <class Work>
  auto write(Work&& work) -> decltype(work(std::declval<Database&>()));
  /// The same on the reading connection: one consistent picture, and nothing can be changed.
  template <class Work>
  auto read(Work&& work) -> decltype(work(std::declval<Database&>()));

  /// Waits for an event behind `id`; false when the time passed or `stop_waiting` was called.
  bool wait_for_event(std::uint64_t id, std::chrono::milliseconds time);
  std::uint64_t newest_event();
  /// Changes with every write, before the write returns: what was read at the same number is still true.
  std::uint64_t version() const { return writes_; }
  /// Ends every wait, now and later: the agent is going down.
  void stop_waiting();

 private:
  explicit Store(const std::filesystem::path& file);
  template <class Work>
  static auto transaction(Database& database, SQLite::TransactionBehavior behaviour, Work& work)
      -> decltype(work(database));
  void announce(std::uint64_t newest);

  std::atomic<std::uint64_t> writes_{0};
  std::mutex writing_, reading_;
  Database writer_, reader_;

  std::mutex events_;
  std::condition_variable newer_;
  std::uint64_t newest_event_ = 0;
  bool closing_ = false;
};

/// What SQLite says of a failed statement, or what a damaged row says of itself.
Error database_error(const SQLite::Exception& fault);
Error database_error(const std::runtime_error& fault);

template <class Work>
auto Store::transaction(Database& database, SQLite::TransactionBehavior behaviour, Work& work)
    -> decltype(work(database)) {
  try {
    SQLite::Transaction transaction(database.connection(), behaviour);
    auto result = work(database);
    if (result) transaction.commit();
    return result;
  } catch (const SQLite::Exception& fault) {
    return std::unexpected(database_error(fault));
  } catch (const std::runtime_error& fault) {
    return std::unexpected(database_error(fault));
  }
}

template <class Work>
auto Store::write(Work&& work) -> decltype(work(std::declval<Database&>())) {
  const std::lock_guard lock(writing_);
  std::uint64_t newest = 0;
  // Asked inside the transaction: what fails after a commit could not be undone any more.
  auto and_newest = [&](Database& db) {
    auto result = work(db);
    if (result) newest = newest_event_id(db);
    return result;
  };
  auto result = transaction(writer_, SQLite::TransactionBehavior::IMMEDIATE, and_newest);
  ++writes_;
  if (result) announce(newest);
  return result;
}

template <class Work>
auto Store::read(Work&& work) -> decltype(work(std::declval<Database&>())) {
  const std::lock_guard lock(reading_);
  return transaction(reader_, SQLite::TransactionBehavior::DEFERRED, work);
}

}  // namespace berth::agent
