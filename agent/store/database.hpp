// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/id.hpp"
#include "core/image_id.hpp"

namespace berth::agent {

/// The answer of one statement, row by row; the statement is free for its next use when this ends.
class Rows {
 public:
  explicit Rows(SQLite::Statement& statement) : statement_(statement) {}
  Rows(const Rows&) = delete;
  ~Rows() { statement_.tryReset(); }

  bool next() { return statement_.executeStep(); }
  bool null(int column) const { return statement_.isColumnNull(column); }
  std::int64_t number(int column) const { return statement_.getColumn(column).getInt64(); }
  std::string text(int column) const { return statement_.getColumn(column).getString(); }
  Time time(int column) const { return Time(std::chrono::milliseconds(number(column))); }
  Moment moment(int column) const { return Moment(std::chrono::milliseconds(number(column))); }
  /// An id, an address or whatever else is stored as its text. Throws std::runtime_error where that is damaged.
  template <class T>
  T parsed(int column) const {
    return parsed(column, T::parse);
  }
  template <class Parse>
  auto parsed(int column, Parse parse) const {
    auto value = parse(text(column));
    if (!value) throw std::runtime_error(describe(value.error()));
    return *value;
  }

 private:
  SQLite::Statement& statement_;
};

/// One connection to the database and its prepared statements. Not for two threads at once. Throws SQLite::Exception.
class Database {
 public:
  enum class Use { write, read };
  Database(const std::filesystem::path& file, Use use);

  /// Runs a statement that answers nothing; how many rows it changed.
  template <class... Values>
  int run(const char* sql, const Values&... values) {
    Rows rows(bound(sql, values...));
    rows.next();
    return connection_.getChanges();
  }
  /// Begins a query. `sql` must not be one whose Rows still live.
  template <class... Values>
  Rows query(const char* sql, const Values&... values) {
    return Rows(bound(sql, values...));
  }
  /// The one number that a query answers; 0 where that is NULL or there is no row.
  template <class... Values>
  std::int64_t number(const char* sql, const Values&... values) {
    auto rows = query(sql, values...);
    return rows.next() && !rows.null(0) ? rows.number(0) : 0;
  }
  /// Statements without values that are not kept, such as those that make the tables.
  void script(const char* sql) { connection_.exec(sql); }
  SQLite::Database& connection() { return connection_; }

 private:
  SQLite::Statement& prepared(const char* sql);

  template <class... Values>
  SQLite::Statement& bound(const char* sql, const Values&... values) {
    auto& statement = prepared(sql);
    int position = 0;
    (bind(statement, ++position, values), ...);
    return statement;
  }
  static void bind(SQLite::Statement& s, int at, std::int64_t value) { s.bind(at, value); }
  static void bind(SQLite::Statement& s, int at, std::string_view value) { s.bind(at, std::string(value)); }
  static void bind(SQLite::Statement& s, int at, Time value) {
    s.bind(at, std::int64_t{value.time_since_epoch().count()});
  }
  static void bind(SQLite::Statement& s, int at, Moment value) {
    s.bind(at, std::int64_t{value.time_since_epoch().count()});
  }
  static void bind(SQLite::Statement& s, int at, const Id& value) { s.bind(at, value.str()); }
  static void bind(SQLite::Statement& s, int at, const ImageId& value) { s.bind(at, value.str()); }
  template <class T>
  static void bind(SQLite::Statement& s, int at, const std::optional<T>& value) {
    if (value)
      bind(s, at, *value);
    else
      s.bind(at);
  }

  SQLite::Database connection_;
  std::map<std::string, SQLite::Statement, std::less<>> statements_;
};

}  // namespace berth::agent
