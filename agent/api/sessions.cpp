// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/api/sessions.hpp"

#include <algorithm>
#include <array>

#include "agent/api/answer.hpp"
#include "agent/api/json.hpp"
#include "agent/api/requests.hpp"
#include "agent/digest.hpp"
#include "agent/model_names.hpp"
#include "agent/sessions.hpp"
#include "core/label.hpp"

namespace berth::agent {
namespace {

constexpr std::size_t usual_page = 100, most_in_a_page = 200;
constexpr std::size_t longest_idempotency_key = 128;

Result<SessionId> session_of(const ApiCall& call) {
  auto id = SessionId::parse(call.arguments.at(0));
  if (!id) return std::unexpected(std::move(id).error().with("field", "id"));
  return id;
}

Result<std::optional<IdempotencyKey>> idempotency_key(const HttpRequest& request) {
  auto key = request.header("Idempotency-Key");
  if (key.empty()) return std::nullopt;
  const bool printable = std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; });
  if (key.size() > longest_idempotency_key || !printable)
    return std::unexpected(Error{Code::invalid_field,
                                 "must be 1 to 128 printable ASCII characters without spaces",
                                 {{"field", "Idempotency-Key"}}});
  return IdempotencyKey{std::move(key), digest_of({request.method, " ", request.target, "\n", request.body})};
}

Result<HttpAnswer> create(Sessions& sessions, ApiCall& call) {
  TRY(call.query.done());
  const auto key = TRY(idempotency_key(call.http));
  const auto request = TRY(parse_create(call.http.body));
  const auto accepted = TRY(sessions.create(request, key));
  return accepted_answer(accepted);
}

Result<SessionFilter> filter_of(ApiQuery& query) {
  SessionFilter filter;
  filter.user = TRY(query.parsed("user", [](std::string_view text) { return parse_label(text, "user"); }));
  filter.name = TRY(query.parsed("name", [](std::string_view text) { return parse_label(text, "name"); }));
  filter.phase = TRY(query.parsed("phase", parse_phase));
  filter.after = TRY(query.parsed("after", SessionId::parse));
  const auto limit = TRY(query.number("limit", 1, most_in_a_page));
  filter.limit = limit.value_or(usual_page);
  TRY(query.done());
  return filter;
}

Result<HttpAnswer> list(Sessions& sessions, ApiCall& call) {
  auto filter = TRY(filter_of(call.query));
  const auto limit = filter.limit++;  // one more, to know whether there is a next page
  auto found = TRY(sessions.list(filter));
  const bool more = found.size() > limit;
  if (more) found.pop_back();
  auto items = nlohmann::json::array();
  for (const auto& session : found) items.push_back(to_json(session));
  return json_answer(
      200, {{"items", std::move(items)}, {"next", more ? nlohmann::json(found.back().id.str()) : nlohmann::json()}});
}

Result<HttpAnswer> get(Sessions& sessions, ApiCall& call) {
  TRY(call.query.done());
  const auto id = TRY(session_of(call));
  const auto session = TRY(sessions.get(id));
  return json_answer(200, to_json(session));
}

using Move = Result<Accepted> (Sessions::*)(const SessionId&);

template <Move move>
Result<HttpAnswer> moved(Sessions& sessions, ApiCall& call) {
  TRY(call.query.done());
  const auto id = TRY(session_of(call));
  const auto accepted = TRY((sessions.*move)(id));
  return accepted_answer(accepted);
}

Result<HttpAnswer> extend(Sessions& sessions, ApiCall& call) {
  TRY(call.query.done());
  const auto id = TRY(session_of(call));
  const auto by = TRY(parse_extend(call.http.body));
  const auto session = TRY(sessions.extend(id, by));
  return json_answer(200, to_json(session));
}

Result<HttpAnswer> add_key(Sessions& sessions, ApiCall& call) {
  TRY(call.query.done());
  const auto id = TRY(session_of(call));
  const auto key = TRY(parse_key(call.http.body));
  const auto accepted = TRY(sessions.add_ssh_key(id, key));
  return accepted_answer(accepted);
}

Result<HttpAnswer> remove_key(Sessions& sessions, ApiCall& call) {
  TRY(call.query.done());
  const auto id = TRY(session_of(call));
  const auto accepted = TRY(sessions.remove_ssh_key(id, call.arguments.at(1)));
  return accepted_answer(accepted);
}

Result<HttpAnswer> operation(Sessions& sessions, ApiCall& call) {
  TRY(call.query.done());
  const auto id = OperationId::parse(call.arguments.at(0));
  if (!id) return std::unexpected(Error(id.error()).with("field", "id"));
  const auto found = TRY(sessions.operation(*id));
  return json_answer(200, to_json(found));
}

}  // namespace

std::vector<ApiRoute> session_routes(Sessions& sessions) {
  const auto with = [&sessions](auto action) {
    return [&sessions, action](ApiCall& call) { return action(sessions, call); };
  };
  return {
      {.method = "GET", .pattern = "/api/v1/sessions/{id}", .action = with(get), .from_store = true},
      {.method = "GET", .pattern = "/api/v1/sessions", .action = with(list), .from_store = true},
      {.method = "POST", .pattern = "/api/v1/sessions", .action = with(create), .has_body = true},
      {.method = "DELETE", .pattern = "/api/v1/sessions/{id}", .action = with(moved<&Sessions::terminate>)},
      {.method = "POST", .pattern = "/api/v1/sessions/{id}/actions/start", .action = with(moved<&Sessions::start>)},
      {.method = "POST", .pattern = "/api/v1/sessions/{id}/actions/stop", .action = with(moved<&Sessions::stop>)},
      {.method = "POST", .pattern = "/api/v1/sessions/{id}/actions/extend", .action = with(extend), .has_body = true},
      {.method = "POST", .pattern = "/api/v1/sessions/{id}/ssh-keys", .action = with(add_key), .has_body = true},
      {.method = "DELETE", .pattern = "/api/v1/sessions/{id}/ssh-keys/{fingerprint}", .action = with(remove_key)},
      {.method = "GET", .pattern = "/api/v1/operations/{id}", .action = with(operation), .from_store = true},
  };
}

}  // namespace berth::agent
