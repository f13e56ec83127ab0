// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/utf8.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

/// The agent's version; null when it does not answer, which is no failure here.
json agent_version(const Api& api) {
  const auto health = api.call({.method = "GET", .path = {"admin", "health"}, .repeatable = false});
  return health && health->is_object() ? health->value("version", json()) : json();
}

Outcome<Exit> version(const Context& context) {
  const auto agent = agent_version(context.api);
  if (context.settings.json) {
    context.screen.json({{"berth", BERTH_VERSION}, {"agent", agent}});
    return Exit::ok;
  }
  context.screen.out << fmt::format("berth {}\nagent {}\n", BERTH_VERSION,
                                    agent.is_string() ? printable(agent.get<std::string>()) : "does not answer");
  return Exit::ok;
}

}  // namespace

constinit const Command version_command{"version", "", "print this program's version and the agent's", "", {}, version};

}  // namespace berth::cli
