// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/lookup.hpp"
#include "cli/quantity.hpp"
#include "cli/table.hpp"

namespace berth::cli {
namespace {

std::string when(Time time, Time now) {
  return fmt::format("{} ({})", relative_text(time, now), to_text(time));
}

void add_machine(Sheet& sheet, const Machine& machine) {
  sheet.line("machine", fmt::format("{}  {}", machine.hostname, machine.address));
  if (!machine.ssh_user.empty())
    sheet.line("  ssh",
               fmt::format("{} at {}, port {}{}", machine.ssh_user, machine.address, machine.ssh_port,
                           machine.host_port == 0 ? "" : fmt::format("; port {} of this host", machine.host_port)));
  const auto host_key = SshKey::parse(machine.host_key);
  sheet.line("  host key", host_key ? host_key->fingerprint() : "not known yet");
  sheet.line("  id", machine.id);
}

Sheet sheet_of(const Session& session, Time now) {
  Sheet sheet;
  sheet.line("session", Cell(session.name, Colour::strong));
  sheet.line("id", session.id);
  sheet.line("user", session.user);
  sheet.line("phase", Cell(session.phase, colour_of(session.phase)));
  if (session.goal != session.phase) sheet.line("goal", session.goal);
  if (session.reason)
    sheet.line("reason", fmt::format("{} [{}]", describe(session.reason->error), session.reason->wire_code));
  sheet.line("operation", session.operation);
  sheet.line("image", fmt::format("{} ({})", session.image_name, session.image_id.substr(0, 12)));
  sheet.line("size", fmt::format("{} CPU, {} memory, {} disk", session.cpus, size_text(session.memory),
                                 size_text(session.disk)));
  sheet.line("made", when(session.created_at, now));
  sheet.line("ends", when(session.expires_at, now));
  sheet.line("rung",
             session.rung_reason.empty() ? session.rung : fmt::format("{}: {}", session.rung, session.rung_reason));
  for (const auto& machine : session.machines) add_machine(sheet, machine);
  for (const auto& key : session.ssh_keys) sheet.line("ssh key", fmt::format("{}  {}", key.fingerprint, key.comment));
  return sheet;
}

Outcome<Exit> show(const Context& context) {
  const auto value = TRY(find_session(context, context.arguments.words()[0]));
  if (context.settings.json) {
    context.screen.json(value);
    return Exit::ok;
  }
  const auto session = TRY(read_session(value));
  context.screen.out << sheet_of(session, context.clock.now()).text(context.screen);
  return Exit::ok;
}

}  // namespace

constinit const Command show_command{"show",
                                     "NAME",
                                     "show one session",
                                     "NAME is a session's name or id.",
                                     {.options = {}, .least_words = 1, .most_words = 1},
                                     show};

}  // namespace berth::cli
