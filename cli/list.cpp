// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <array>

#include "cli/command.hpp"
#include "cli/lookup.hpp"
#include "cli/quantity.hpp"
#include "cli/table.hpp"

namespace berth::cli {
namespace {

constexpr std::array<std::string_view, 7> phases{"creating", "running",     "stopping", "stopped",
                                                 "starting", "terminating", "failed"};
constexpr std::array<Option, 1> options{{
    {"phase", "PHASE", "only those that are creating, running, stopping, stopped, starting, terminating or failed"},
}};

std::vector<Cell> row(const Session& session, Time now) {
  const auto address = session.machines.empty() ? "" : session.machines.front().address;
  const auto size = fmt::format("{} CPU, {}, {}", session.cpus, size_text(session.memory), size_text(session.disk));
  return {session.name, session.user,       Cell(session.phase, colour_of(session.phase)), address,
          size,         session.image_name, relative_text(session.expires_at, now)};
}

Outcome<Exit> list(const Context& context) {
  Request request{.method = "GET", .path = {"sessions"}};
  if (const auto& user = context.settings.asked_user) request.query.emplace_back("user", *user);
  if (const auto phase = context.arguments.value("phase")) {
    if (std::ranges::find(phases, *phase) == phases.end())
      return std::unexpected(
          Failure(Exit::usage, "--phase is not one that a session can be in", std::string(options[0].help)));
    request.query.emplace_back("phase", *phase);
  }
  const auto all = TRY(whole_list(context.api, request));
  if (context.settings.json) {
    context.screen.json(all);
    return Exit::ok;
  }
  Table table({"NAME", "USER", "PHASE", "ADDRESS", "SIZE", "IMAGE", "ENDS"});
  for (const auto& item : all["items"]) {
    const auto session = TRY(read_session(item));
    table.row(row(session, context.clock.now()));
  }
  context.screen.out << (table.empty() ? "no sessions\n" : table.text(context.screen));
  return Exit::ok;
}

}  // namespace

constinit const Command list_command{"list",
                                     "[--user USER] [--phase PHASE]",
                                     "list sessions",
                                     "Everybody's, unless --user or $BERTH_USER says whose.",
                                     {.options = options},
                                     list};

}  // namespace berth::cli
