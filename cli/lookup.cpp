// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/lookup.hpp"

#include <fmt/format.h>

#include "core/id.hpp"
#include "core/label.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

Failure nothing_of_that_name(const std::string& name, const std::string& whose) {
  return {Exit::not_found, fmt::format("there is no session '{}'{}", name, whose), "`berth list` shows all sessions"};
}

Failure candidates(std::span<const Session> found, std::string message, Exit exit) {
  std::string list;
  for (const auto& session : found)
    list += fmt::format("{}{} ({}, {})", list.empty() ? "" : ", ", session.user, session.id, session.phase);
  return {exit, std::move(message), fmt::format("say whose with --user, or give the id: {}", list)};
}

}  // namespace

Outcome<std::size_t> choose_session(std::span<const Session> found, const std::string& name, const std::string& user,
                                    bool asked) {
  if (found.empty()) return std::unexpected(nothing_of_that_name(name, asked ? " of user " + user : ""));
  std::size_t own = found.size(), count = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!asked && found[i].user != user) continue;
    own = i;
    ++count;
  }
  if (count == 1) return own;
  if (count > 1)
    return std::unexpected(candidates(found, fmt::format("there are several sessions '{}'", name), Exit::usage));
  if (found.size() == 1 && user == "root") return 0;  // the operator, who has no sessions of their own as a rule
  return std::unexpected(
      candidates(found, fmt::format("you ({}) have no session '{}', others have", user, name), Exit::not_found));
}

Outcome<json> find_session(const Context& context, const std::string& name_or_id) {
  if (const auto id = SessionId::parse(name_or_id))
    return context.api.call({.method = "GET", .path = {"sessions", id->str()}});
  const auto name = TRY(parse_label(name_or_id, "session"));
  Request request{.method = "GET", .path = {"sessions"}, .query = {{"name", name}}};
  const auto& settings = context.settings;
  if (settings.asked_user) request.query.emplace_back("user", *settings.asked_user);
  const auto list = TRY(whole_list(context.api, request));
  std::vector<Session> found;
  for (const auto& item : list["items"]) found.push_back(TRY(read_session(item)));
  const auto chosen = TRY(choose_session(found, name, settings.user, settings.asked_user.has_value()));
  return list["items"][chosen];
}

std::string hint(const Context& context, std::string_view command, const std::string& name) {
  const auto& settings = context.settings;
  return fmt::format("berth {} {}{}", command, name, settings.user_by_option ? " --user " + settings.user : "");
}

Outcome<json> whole_list(const Api& api, Request request) {
  auto items = json::array();
  const auto query = request.query;
  while (true) {
    auto page = TRY(api.call(request));
    const auto here = TRY(field(page, "items"));
    items.insert(items.end(), here.begin(), here.end());
    const auto next = page.find("next");
    if (next == page.end() || !next->is_string() || here.empty()) break;
    request.query = query;
    request.query.emplace_back("after", next->get<std::string>());
  }
  return json{{"items", std::move(items)}, {"next", nullptr}};
}

}  // namespace berth::cli
