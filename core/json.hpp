// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace berth {

/// Parses strictly: valid UTF-8, no duplicate keys, at most 16 levels, nothing behind the value. `malformed_request`
/// says what and where; a duplicate key is `invalid_field` with its path.
Result<nlohmann::json> parse_json(std::string_view text);

/// Text of a value; bytes that are not UTF-8 are replaced, so it never throws.
std::string dump_json(const nlohmann::json& value);

/// Reads the fields of one JSON object into validated values. Every refusal is `invalid_field` and
/// names the field's path, such as "machines[0].cpus". Refers to the value given: keep that alive.
class JsonReader {
 public:
  /// Refuses what is not an object.
  static Result<JsonReader> of(const nlohmann::json& value, std::string path = "");

  Result<std::string> string(const std::string& key, std::size_t longest = 4096);
  Result<std::uint64_t> number(const std::string& key, std::uint64_t least, std::uint64_t most);
  Result<bool> boolean(const std::string& key);
  Result<std::vector<std::string>> strings(const std::string& key, std::size_t most, std::size_t longest = 4096);
  Result<JsonReader> object(const std::string& key);
  Result<std::vector<JsonReader>> objects(const std::string& key, std::size_t most);

  /// Whether the field is there and not null, for one that may be null.
  bool has(const std::string& key);
  /// Whether the field is there, for one that may be left out; the readers above refuse null as they do any wrong type.
  bool sent(const std::string& key);
  /// Refuses fields that nobody asked for. Call it last.
  Result<void> done() const;
  /// An `invalid_field` error about one of this object's fields.
  Error wrong(const std::string& key, std::string message) const;

 private:
  JsonReader(const nlohmann::json& value, std::string path) : value_(&value), path_(std::move(path)) {}
  Result<const nlohmann::json*> take(const std::string& key);
  std::string path_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

  const nlohmann::json* value_;
  std::string path_;
  std::set<std::string> asked_;
};

}  // namespace berth
