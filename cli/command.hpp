// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <span>
#include <string_view>

#include "cli/arguments.hpp"
#include "cli/context.hpp"

namespace berth::cli {

/// One command: what help says about it, what its line may hold, and what it does.
struct Command {
  std::string_view name;      ///< one word, or a group and a word: "image import"
  std::string_view synopsis;  ///< what follows the name
  std::string_view summary;   ///< one line
  std::string_view text;      ///< more for its own help page
  Grammar grammar;
  Outcome<Exit> (*run)(const Context&);
};

/// Every command, in the order in which help lists them.
std::span<const Command* const> commands();
const Command* find_command(std::string_view name);
/// Whether commands begin with this word and a space.
bool is_group(std::string_view word);

extern const Command create_command, list_command, show_command, ssh_command, start_command, stop_command,
    terminate_command, extend_command, key_add_command, key_remove_command, key_list_command, image_import_command,
    image_list_command, image_remove_command, events_command, operation_command, host_check_command,
    host_resources_command, version_command, help_command;

}  // namespace berth::cli
