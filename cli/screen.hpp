// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>

#include "cli/login.hpp"

namespace berth::cli {

enum class Colour { none, good, bad, pending, faint, strong };

/// Where a command's words go: answers to `out`, progress and failures to `err`.
struct Screen {
  std::ostream& out;
  std::ostream& err;
  bool coloured = false;   ///< `out` is a terminal and NO_COLOR (no-color.org) is not set
  bool live = false;       ///< `err` is a terminal, on which a line can be written again
  std::size_t width = 80;  ///< columns of that terminal

  /// Standard output and standard error as they are.
  static Screen standard(const Environment& environment);

  /// The text with a colour around it where colours are shown.
  std::string paint(std::string_view text, Colour colour) const;
  /// One JSON value on a line of its own, in ASCII, so that it is safe on a terminal too.
  void json(const nlohmann::json& value) const;
};

/// The colour of a session's phase or an operation's state.
Colour colour_of(std::string_view phase_or_state);

}  // namespace berth::cli
