// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/utf8.hpp"

namespace berth::cli {
namespace {

constexpr std::string_view words_about_json =
    "With --json, standard output has the API's own JSON: the answer, or, of a command that waits, the session (for "
    "`terminate` the operation, null where it is not known any more) as it is at the end; one line a session where "
    "several were named. An operation that failed is printed as well. Errors are told on standard error, with the "
    "API's code in brackets.";

std::string option_lines(std::span<const Option> options, std::string_view title, const Screen& screen) {
  if (options.empty()) return "";
  std::string text = "\n" + screen.paint(title, Colour::strong) + "\n";
  for (const auto& option : options) {
    const auto shown = fmt::format("--{}{}{}", option.name, option.value.empty() ? "" : " ", option.value);
    text += fmt::format("  {:<22}  {}\n", shown, wrapped(option.help, 26, screen.width));
  }
  return text;
}

Outcome<Exit> help(const Context& context) {
  const auto& words = context.arguments.words();
  const auto& screen = context.screen;
  std::string name;
  for (const auto& word : words) name += (name.empty() ? "" : " ") + word;
  if (name.empty()) {
    screen.out << overview(screen);
  } else if (name == "exit-codes") {
    screen.out << exit_code_page(screen);
  } else if (const auto* command = find_command(name)) {
    screen.out << help_page(*command, screen);
  } else if (is_group(name)) {
    for (const auto* member : commands())
      if (member->name.starts_with(name + " ")) screen.out << help_page(*member, screen) << "\n";
  } else {
    return std::unexpected(
        Failure(Exit::usage, fmt::format("there is no command '{}'", name), "`berth help` lists the commands"));
  }
  return Exit::ok;
}

}  // namespace

std::string usage_line(const Command& command) {
  return fmt::format("berth {}{}{}", command.name, command.synopsis.empty() ? "" : " ", command.synopsis);
}

std::string overview(const Screen& screen) {
  std::string text = "berth: a private virtual machine for every user session\n\n";
  std::size_t widest = 0;
  for (const auto* command : commands()) widest = std::max(widest, command->name.size());
  for (const auto* command : commands())
    text += fmt::format("  {}{}  {}\n", screen.paint(command->name, Colour::strong),
                        std::string(widest - command->name.size(), ' '),
                        wrapped(command->summary, widest + 4, screen.width));
  text += option_lines(global_options, "For every command", screen);
  return text + "\n`berth help COMMAND` says more; `berth help exit-codes` what a script relies on.\n";
}

std::string help_page(const Command& command, const Screen& screen) {
  auto text = screen.paint(usage_line(command), Colour::strong) + "\n  " + std::string(command.summary) + ".\n";
  if (!command.text.empty()) text += fmt::format("\n{}\n", wrapped(command.text, 0, screen.width));
  text += option_lines(command.grammar.options, "Options", screen);
  return text + option_lines(global_options, "For every command", screen);
}

std::string exit_code_page(const Screen& screen) {
  std::string text = screen.paint("How berth ends", Colour::strong) + "\n";
  for (const auto& [exit, meaning] : exit_meanings)
    text += fmt::format("  {:>3}  {}\n", static_cast<int>(exit), wrapped(meaning, 7, screen.width));
  constexpr std::string_view of_ssh =
      "`berth ssh` ends as ssh does: with the command's own code, or 255 when ssh itself failed.";
  return text +
         fmt::format("\n{}\n\n{}\n", wrapped(of_ssh, 0, screen.width), wrapped(words_about_json, 0, screen.width));
}

constinit const Command help_command{"help",
                                     "[COMMAND]",
                                     "say what a command does, or what exit codes mean (`berth help exit-codes`)",
                                     "",
                                     {.options = {}, .least_words = 0, .most_words = 2},
                                     help};

}  // namespace berth::cli
