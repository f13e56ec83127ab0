// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/change.hpp"

#include <fmt/format.h>

#include <array>

#include "cli/answers.hpp"
#include "cli/command.hpp"
#include "cli/follow.hpp"
#include "cli/lookup.hpp"
#include "cli/quantity.hpp"
#include "cli/utf8.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

constexpr std::array options{no_wait_option};
constexpr std::size_t most_names = 1000;

/// Opens the change of one session; `nothing left to do` is the agent's to say.
Outcome<json> open_change(const Context& context, const std::string& name, std::string_view action) {
  const auto session = TRY(find_session(context, name));
  const auto id = TRY(read_session(session)).id;
  if (action == "terminate") return context.api.call({.method = "DELETE", .path = {"sessions", id}});
  return context.api.call({.method = "POST", .path = {"sessions", id, "actions", std::string(action)}});
}

/// All are begun before the first is waited for. What fails is told, and the others go on; the first failure is the
/// result.
Outcome<Exit> change_all(const Context& context, std::string_view action, std::string_view done) {
  const auto& names = context.arguments.words();
  std::vector<Outcome<json>> opened;
  for (const auto& name : names) opened.push_back(open_change(context, name, action));
  std::optional<Failure> first;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto ended = opened[i] ? conclude_removal(context, names[i], *opened[i], done)
                           : Outcome<Exit>(std::unexpected(opened[i].error()));
    if (ended) continue;
    if (!first)
      first = std::move(ended).error();
    else
      context.screen.err << text_of(ended.error(), fmt::format("{} {}", action, printable(names[i])));
  }
  if (first) return std::unexpected(std::move(*first));
  return Exit::ok;
}

Outcome<Exit> start(const Context& context) {
  return change_all(context, "start", "is running");
}
Outcome<Exit> stop(const Context& context) {
  return change_all(context, "stop", "is stopped; its disk is kept");
}
Outcome<Exit> terminate(const Context& context) {
  return change_all(context, "terminate", "is gone, and its disk with it");
}

/// The session as it is now, else the one given: after its end the agent may not know it any more.
Outcome<json> refreshed(const Context& context, const json& given) {
  const auto id = TRY(read_session(given)).id;
  auto now = context.api.call({.method = "GET", .path = {"sessions", id}});
  if (now || now.error().exit != Exit::not_found) return now;
  return given;
}

Outcome<Exit> leave_running(const Context& context, const json& accepted) {
  if (context.settings.json) {
    context.screen.json(accepted);
    return Exit::ok;
  }
  const auto operation = TRY(read_operation(TRY(field(accepted, "operation"))));
  context.screen.out << fmt::format("operation {} {}\n", printable(operation.id), printable(operation.state));
  if (operation.running())
    context.screen.err << fmt::format("wait for its end: berth operation {} --wait\n", printable(operation.id));
  return Exit::ok;
}

}  // namespace

Outcome<Exit> conclude(const Context& context, const json& accepted, std::string_view done) {
  if (context.arguments.has("no-wait")) return leave_running(context, accepted);
  const auto began = std::chrono::steady_clock::now();
  const auto given = TRY(field(accepted, "session"));
  const auto name = TRY(read_session(given)).name;
  const auto opened = TRY(field(accepted, "operation"));
  const auto ended = TRY(await_operation(context, opened, name));
  const bool terminated = TRY(read_operation(ended)).kind == "terminate";
  auto success = success_of(ended);
  if (context.settings.json && (terminated || !success)) context.screen.json(ended);
  if (!success) return std::unexpected(std::move(success).error());
  if (context.settings.json && terminated) return Exit::ok;

  const auto session = terminated ? given : TRY(refreshed(context, given));
  if (context.settings.json) {
    context.screen.json(session);
    return Exit::ok;
  }
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  context.screen.out << fmt::format("{} {} ({:.1f} s)\n", context.screen.paint(printable(name), Colour::strong), done,
                                    took);
  return Exit::ok;
}

Outcome<Exit> conclude_removal(const Context& context, const std::string& name, const json& accepted,
                               std::string_view done) {
  if (!accepted.is_null()) return conclude(context, accepted, done);
  if (context.settings.json)
    context.screen.json(accepted);
  else
    context.screen.out << fmt::format("{} {}\n", context.screen.paint(printable(name), Colour::strong), done);
  return Exit::ok;
}

constinit const Command start_command{"start",
                                      "NAME... [--no-wait]",
                                      "start stopped sessions",
                                      "A session that runs already is left alone.",
                                      {.options = options, .least_words = 1, .most_words = most_names},
                                      start};

constinit const Command stop_command{"stop",
                                     "NAME... [--no-wait]",
                                     "stop sessions; their disks are kept",
                                     "The guest is asked to power off first.",
                                     {.options = options, .least_words = 1, .most_words = most_names},
                                     stop};

constinit const Command terminate_command{"terminate",
                                          "NAME... [--no-wait]",
                                          "end sessions: machine, disk, keys, addresses, all of it",
                                          "Nothing of a terminated session can be brought back.",
                                          {.options = options, .least_words = 1, .most_words = most_names},
                                          terminate};

}  // namespace berth::cli
