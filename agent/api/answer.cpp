// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/api/answer.hpp"

#include <algorithm>

#include "agent/api/error_json.hpp"
#include "agent/api/json.hpp"
#include "agent/sessions.hpp"
#include "core/clock.hpp"
#include "core/json.hpp"

namespace berth::agent {

HttpAnswer json_answer(int status, const nlohmann::json& body) {
  return {.status = status, .body = dump_json(body)};
}

HttpAnswer accepted_answer(const Accepted& accepted) {
  auto answer = json_answer(202, {{"session", to_json(accepted.session)}, {"operation", to_json(accepted.operation)}});
  answer.headers.emplace_back("Location", "/api/v1/operations/" + accepted.operation.id.str());
  return answer;
}

HttpAnswer error_answer(const Error& error, const std::string& request_id) {
  auto body = error_to_json(error);
  body["timestamp"] = to_text(SystemClock().now());
  body["request_id"] = request_id;
  auto answer = json_answer(http_status(error.code), body);
  answer.headers.emplace_back("X-Request-Id", request_id);
  if (answer.status == 503) answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

std::string request_id(std::string_view from_client) {
  constexpr std::size_t longest = 64;
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  };
  const bool taken =
      !from_client.empty() && from_client.size() <= longest && std::ranges::all_of(from_client, harmless);
  return taken ? std::string(from_client) : Id::make().str();
}

}  // namespace berth::agent
