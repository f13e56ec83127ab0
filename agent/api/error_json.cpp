// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/api/error_json.hpp"

#include "core/json.hpp"

namespace berth::agent {
namespace {

Result<Error> parse_error(std::string_view text) {
  const auto value = TRY(parse_json(text));
  auto fields = TRY(JsonReader::of(value));
  const auto code = TRY(fields.string("code"));
  const auto message = TRY(fields.string("message", 64 * 1024));
  Error error{code_of(code), message};
  auto details = TRY(fields.object("details"));
  for (const auto& [key, ignored] : value.at("details").items()) {
    auto detail = TRY(details.string(key, 64 * 1024));
    error.details.emplace_back(key, std::move(detail));
  }
  return error;
}

}  // namespace

nlohmann::json error_to_json(const Error& error) {
  auto details = nlohmann::json::object();
  for (const auto& [key, value] : error.details) details[key] = value;
  return {{"code", wire_name(error.code)}, {"message", error.message}, {"details", details}};
}

Error error_from_json(std::string_view text) {
  auto error = parse_error(text);
  if (!error) return {Code::internal, "the stored reason cannot be read", {{"reason", describe(error.error())}}};
  return *error;
}

}  // namespace berth::agent
