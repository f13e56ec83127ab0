// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/dispatch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli/follow.hpp"
#include "cli/help.hpp"
#include "cli/nearest.hpp"

namespace berth::cli {
namespace {

bool takes_value(std::string_view word) {
  return std::ranges::any_of(global_options, [&](const Option& option) {
    return !option.value.empty() && word.starts_with("--") && word.substr(2) == option.name;
  });
}

/// The place of the first word from `begin` on that is no option and no global option's value.
std::size_t next_word(const std::vector<std::string>& line, std::size_t begin) {
  for (std::size_t i = begin; i < line.size(); ++i) {
    if (line[i] == "--") break;
    if (!line[i].starts_with('-')) return i;
    if (takes_value(line[i])) ++i;
  }
  return line.size();
}

Failure no_command(std::string_view typed) {
  std::vector<std::string> names;
  for (const auto* command : commands()) {
    names.emplace_back(command->name);
    if (const auto space = command->name.find(' '); space != std::string_view::npos)
      names.emplace_back(command->name.substr(0, space));
  }
  const auto meant = nearest(typed, names);
  return {Exit::usage, fmt::format("there is no command '{}'", typed),
          meant ? fmt::format("did you mean `berth {}`?", *meant) : "`berth help` lists the commands"};
}

Failure incomplete(std::string_view group) {
  std::string list;
  for (const auto* command : commands())
    if (command->name.starts_with(group) && is_group(group))
      list += fmt::format("{}{}", list.empty() ? "" : ", ", command->name);
  return {Exit::usage, fmt::format("'{}' needs a second word", group), "one of: " + list};
}

Outcome<Exit> run_command(const Command& command, const std::vector<std::string>& line, const Environment& environment,
                          const Screen& screen, const Clock& clock) {
  const auto arguments = TRY(Arguments::parse(command.grammar, line));
  if (arguments.has("help")) {
    screen.out << help_page(command, screen);
    return Exit::ok;
  }
  const auto settings = TRY(Settings::from(arguments, environment));
  std::optional<Progress> line_of_waiting;
  const Api api(settings.socket, [&](const Failure* why) {
    if (why == nullptr) return line_of_waiting.reset();
    if (!line_of_waiting) line_of_waiting.emplace(screen, style_of(screen, settings.quiet), "berth");
    line_of_waiting->show(waiting_for_agent(*why));
  });
  return command.run({settings, arguments, api, screen, clock});
}

Exit tell(const Failure& failure, std::string_view command, const Screen& screen) {
  screen.out << std::flush;
  screen.err << text_of(failure, command) << std::flush;
  return failure.exit;
}

}  // namespace

Outcome<Chosen> choose(const std::vector<std::string>& line) {
  const auto first = next_word(line, 0);
  if (first == line.size()) {
    if (std::ranges::find(line, "--version") != line.end()) return Chosen{&version_command, {}};
    return Chosen{&help_command, {}};
  }
  auto left = line;
  left.erase(left.begin() + static_cast<std::ptrdiff_t>(first));
  if (const auto* command = find_command(line[first])) return Chosen{command, std::move(left)};
  if (!is_group(line[first])) return std::unexpected(no_command(line[first]));

  const auto second = next_word(left, first);
  if (second == left.size()) {
    if (std::ranges::find(left, "--help") != left.end()) return Chosen{&help_command, {line[first]}};
    return std::unexpected(incomplete(line[first]));
  }
  const auto name = line[first] + " " + left[second];
  const auto* command = find_command(name);
  if (command == nullptr) return std::unexpected(no_command(name));
  left.erase(left.begin() + static_cast<std::ptrdiff_t>(second));
  return Chosen{command, std::move(left)};
}

Exit run(const std::vector<std::string>& line, const Environment& environment, const Screen& screen,
         const Clock& clock) {
  if (line.empty()) {
    screen.err << overview(screen);
    return Exit::usage;
  }
  const auto chosen = choose(line);
  if (!chosen) return tell(chosen.error(), "", screen);
  const auto& command = *chosen->command;
  auto ended = run_command(command, chosen->line, environment, screen, clock);
  if (ended) return *ended;
  auto& failure = ended.error();
  const bool wrong_line = failure.exit == Exit::usage && failure.wire_code.empty();
  if (wrong_line && failure.next.empty()) failure.next = "usage: " + usage_line(command);
  return tell(failure, command.name, screen);
}

}  // namespace berth::cli
