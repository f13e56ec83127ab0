// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/json.hpp"

#include <fmt/format.h>

namespace berth {
namespace {

using nlohmann::json;

constexpr int deepest = 16;  // the deepest request that the API knows has 4 levels

/// Thrown out of the parser's callback, caught in parse_json.
struct Refused {
  Error error;
};

/// Watches a parse: refuses depth and duplicate keys, which the library would take.
class Watch {
 public:
  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    using Event = json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= deepest)
        throw Refused{{Code::malformed_request, fmt::format("JSON may be nested {} levels deep at most", deepest)}};
      keys_.emplace_back();
    } else if (event == Event::object_end || event == Event::array_end) {
      keys_.pop_back();
    } else if (event == Event::key && !keys_.back().insert(parsed.get<std::string>()).second) {
      throw Refused{{Code::invalid_field, "a field stands there twice", {{"field", parsed.get<std::string>()}}}};
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

Result<json> parse_json(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf"))  // the library would skip it (RFC 8259, 8.1)
    return std::unexpected(Error{Code::malformed_request, "JSON must not begin with a byte order mark"});
  try {
    Watch watch;
    return json::parse(text,
                       [&](int depth, json::parse_event_t event, json& parsed) { return watch(depth, event, parsed); });
  } catch (const Refused& refused) {
    return std::unexpected(refused.error);
  } catch (const json::exception& fault) {
    // The library quotes the input, which may not be UTF-8; only the kind and the place of the fault are ours to tell.
    const auto* parse = dynamic_cast<const json::parse_error*>(&fault);
    return std::unexpected(Error{Code::malformed_request,
                                 "this is not valid JSON in UTF-8",
                                 {{"at_byte", parse ? std::to_string(parse->byte) : "unknown"}}});
  }
}

std::string dump_json(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<JsonReader> JsonReader::of(const json& value, std::string path) {
  if (!value.is_object())
    return std::unexpected(
        Error{Code::invalid_field, "must be a JSON object", {{"field", path.empty() ? "(the whole)" : path}}});
  return JsonReader(value, std::move(path));
}

Error JsonReader::wrong(const std::string& key, std::string message) const {
  return {Code::invalid_field, std::move(message), {{"field", path_of(key)}}};
}

bool JsonReader::sent(const std::string& key) {
  asked_.insert(key);
  return value_->contains(key);
}

bool JsonReader::has(const std::string& key) {
  return sent(key) && !value_->at(key).is_null();
}

Result<const json*> JsonReader::take(const std::string& key) {
  if (!sent(key)) return std::unexpected(wrong(key, "is missing"));
  return &*value_->find(key);
}

Result<std::string> JsonReader::string(const std::string& key, std::size_t longest) {
  const json* value = TRY(take(key));
  if (!value->is_string()) return std::unexpected(wrong(key, "must be a string"));
  auto text = value->get<std::string>();
  if (text.size() > longest) return std::unexpected(wrong(key, fmt::format("may have {} bytes at most", longest)));
  return text;
}

Result<std::uint64_t> JsonReader::number(const std::string& key, std::uint64_t least, std::uint64_t most) {
  const json* value = TRY(take(key));
  const auto range = fmt::format("must be a whole number from {} to {}", least, most);
  if (!value->is_number_unsigned()) return std::unexpected(wrong(key, range));
  const auto number = value->get<std::uint64_t>();
  if (number < least || number > most) return std::unexpected(wrong(key, range));
  return number;
}

Result<bool> JsonReader::boolean(const std::string& key) {
  const json* value = TRY(take(key));
  if (!value->is_boolean()) return std::unexpected(wrong(key, "must be true or false"));
  return value->get<bool>();
}

Result<std::vector<std::string>> JsonReader::strings(const std::string& key, std::size_t most, std::size_t longest) {
  const json* value = TRY(take(key));
  if (!value->is_array() || value->size() > most)
    return std::unexpected(wrong(key, fmt::format("must be a list of {} strings at most", most)));
  std::vector<std::string> all;
  for (const auto& item : *value) {
    const auto place = fmt::format("{}[{}]", key, all.size());
    if (!item.is_string()) return std::unexpected(wrong(place, "must be a string"));
    all.push_back(item.get<std::string>());
    if (all.back().size() > longest)
      return std::unexpected(wrong(place, fmt::format("may have {} bytes at most", longest)));
  }
  return all;
}

Result<JsonReader> JsonReader::object(const std::string& key) {
  return of(*TRY(take(key)), path_of(key));
}

Result<std::vector<JsonReader>> JsonReader::objects(const std::string& key, std::size_t most) {
  const json* value = TRY(take(key));
  if (!value->is_array() || value->size() > most)
    return std::unexpected(wrong(key, fmt::format("must be a list of {} objects at most", most)));
  std::vector<JsonReader> all;
  for (const auto& item : *value) all.push_back(TRY(of(item, fmt::format("{}[{}]", path_of(key), all.size()))));
  return all;
}

Result<void> JsonReader::done() const {
  for (const auto& [key, value] : value_->items())
    if (!asked_.contains(key)) return std::unexpected(wrong(key, "is not a field that is known here"));
  return {};
}

}  // namespace berth
