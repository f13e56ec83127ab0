// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"

namespace berth::cli {

/// A command line's command and what is left of the line without the command's own words.
struct Chosen {
  const Command* command = nullptr;
  std::vector<std::string> line;
};

/// Finds the command; global options may stand before it. Refusals suggest what was probably meant.
Outcome<Chosen> choose(const std::vector<std::string>& line);

/// Runs one command line to its end; failures are told on the screen. The result is for the caller of the program.
Exit run(const std::vector<std::string>& line, const Environment& environment, const Screen& screen,
         const Clock& clock);

}  // namespace berth::cli
