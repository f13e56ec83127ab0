// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <algorithm>

#include "cli/answers.hpp"
#include "cli/command.hpp"
#include "cli/quantity.hpp"
#include "cli/table.hpp"
#include "cli/utf8.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

Cell mark(const std::string& state) {
  if (state == "ok") return {"✔", Colour::good};
  if (state == "warning") return {"!", Colour::pending};
  return {"✘", Colour::bad};
}

std::string check_text(const Check& check, const Screen& screen) {
  const auto [sign, colour] = mark(check.state);
  const auto name = printable(check.name);
  const auto detail = wrapped(printable(check.detail), 2 + columns(name) + 2, screen.width);
  auto text = fmt::format("{} {}  {}\n", screen.paint(sign, colour), screen.paint(name, Colour::strong), detail);
  if (check.state != "ok" && !check.remedy.empty())
    text += fmt::format("    {}\n", wrapped("mend it: " + printable(check.remedy), 4, screen.width));
  return text;
}

/// What the agent has to say beside the checks: that it is starting, and what it found and does not know.
std::string agent_text(const json& health) {
  std::string text;
  const auto recovery = health.value("recovery", json::object());
  if (health.value("status", "") == "starting") {
    const auto waiting = recovery.find("waiting_for");
    text += "the agent is starting: it brings its sessions up to date";
    if (waiting != recovery.end() && waiting->is_string())
      text += "; waiting, because " + printable(waiting->get<std::string>());
    text += "\n";
  }
  for (const auto& item : health.value("unknown", json::array()))
    if (item.is_object())
      text += fmt::format("! unknown {} {}: it is in no database, and is kept\n",
                          printable(item.value("kind", "thing")), printable(item.value("id", "")));
  return text;
}

Outcome<Exit> check(const Context& context) {
  const auto health = TRY(context.api.call({.method = "GET", .path = {"admin", "health"}}));
  if (context.settings.json) context.screen.json(health);
  const auto hypervisor = TRY(field(health, "hypervisor"));
  const auto checks = TRY(read_checks(hypervisor));
  if (!context.settings.json) {
    for (const auto& check : checks) context.screen.out << check_text(check, context.screen);
    context.screen.out << agent_text(health);
  }
  const bool failed =
      std::ranges::any_of(checks, [](const Check& c) { return c.state != "ok" && c.state != "warning"; });
  return failed ? Exit::failed : Exit::ok;
}

std::string of_limit(const Usage& usage, bool bytes) {
  const auto shown = [&](std::uint64_t number) { return bytes ? size_text(number) : std::to_string(number); };
  return fmt::format("{} of {}", shown(usage.used), shown(usage.limit));
}

Outcome<Exit> resources(const Context& context) {
  const auto value = TRY(context.api.call({.method = "GET", .path = {"admin", "resources"}}));
  if (context.settings.json) {
    context.screen.json(value);
    return Exit::ok;
  }
  const auto all = TRY(read_resources(value));
  Table table({"WHO", "SESSIONS", "CPUS", "MEMORY", "DISK"});
  for (const auto& use : all)
    table.row({use.user.empty() ? Cell("the host", Colour::strong) : Cell(use.user), of_limit(use.sessions, false),
               of_limit(use.cpus, false), of_limit(use.memory, true), of_limit(use.disk, true)});
  context.screen.out << table.text(context.screen);
  return Exit::ok;
}

}  // namespace

constinit const Command host_check_command{"host check",
                                           "",
                                           "check that this host can keep what Berth promises, and say what to mend",
                                           "Ends with 0 when nothing failed; warnings do not count.",
                                           {},
                                           check};

constinit const Command host_resources_command{
    "host resources", "", "show what the host and its users use, of how much", "", {}, resources};

}  // namespace berth::cli
