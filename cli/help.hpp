// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "cli/command.hpp"

namespace berth::cli {

/// "berth create NAME --image IMAGE [OPTIONS]".
std::string usage_line(const Command& command);
/// All commands, one line each.
std::string overview(const Screen& screen);
/// One command: synopsis, what it does, its options.
std::string help_page(const Command& command, const Screen& screen);
/// What a script can rely on.
std::string exit_code_page(const Screen& screen);

}  // namespace berth::cli
