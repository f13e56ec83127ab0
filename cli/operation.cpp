// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <array>

#include "cli/command.hpp"
#include "cli/follow.hpp"
#include "cli/quantity.hpp"
#include "cli/table.hpp"
#include "core/id.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

constexpr std::array<Option, 1> options{{{"wait", "", "wait for its end; the exit code tells how it ended"}}};

std::string sheet_of(const Operation& operation, const Screen& screen, Time now) {
  Sheet sheet;
  sheet.line("operation", operation.id);
  sheet.line("kind", operation.kind);
  sheet.line("session", operation.session);
  sheet.line("state", Cell(operation.state, colour_of(operation.running() ? "pending" : operation.state)));
  if (operation.running())
    sheet.line("step", fmt::format("{}/{}  {}", operation.steps_done, operation.steps_total, operation.step));
  if (operation.reason)
    sheet.line("reason", fmt::format("{} [{}]", describe(operation.reason->error), operation.reason->wire_code));
  sheet.line("begun", relative_text(operation.created_at, now));
  if (operation.finished_at) sheet.line("ended", relative_text(*operation.finished_at, now));
  return sheet.text(screen);
}

Outcome<Exit> show(const Context& context) {
  const auto id = TRY(OperationId::parse(context.arguments.words()[0]));
  auto value = TRY(context.api.call({.method = "GET", .path = {"operations", id.str()}}));
  const bool wait = context.arguments.has("wait");
  if (wait) value = TRY(await_operation(context, value, TRY(read_operation(value)).kind));
  if (context.settings.json) {
    context.screen.json(value);
  } else {
    const auto operation = TRY(read_operation(value));
    context.screen.out << sheet_of(operation, context.screen, context.clock.now());
  }
  if (wait) TRY(success_of(value));
  return Exit::ok;
}

}  // namespace

constinit const Command operation_command{"operation",
                                          "ID [--wait]",
                                          "show how far an operation is, or wait for its end",
                                          "",
                                          {.options = options, .least_words = 1, .most_words = 1},
                                          show};

}  // namespace berth::cli
