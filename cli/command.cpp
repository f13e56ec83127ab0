// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/command.hpp"

#include <algorithm>
#include <array>

namespace berth::cli {
namespace {

constexpr std::array table{
    &create_command,    &list_command,         &show_command,           &ssh_command,          &start_command,
    &stop_command,      &terminate_command,    &extend_command,         &key_add_command,      &key_remove_command,
    &key_list_command,  &image_import_command, &image_list_command,     &image_remove_command, &events_command,
    &operation_command, &host_check_command,   &host_resources_command, &version_command,      &help_command,
};

}  // namespace

std::span<const Command* const> commands() {
  return table;
}

const Command* find_command(std::string_view name) {
  const auto found = std::ranges::find(table, name, &Command::name);
  return found == table.end() ? nullptr : *found;
}

bool is_group(std::string_view word) {
  return std::ranges::any_of(table, [&](const Command* command) {
    return command->name.size() > word.size() && command->name.starts_with(word) && command->name[word.size()] == ' ';
  });
}

}  // namespace berth::cli
