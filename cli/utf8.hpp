// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

namespace berth::cli {

/// What may be shown on a terminal: valid UTF-8 on one line. White space that moves the cursor becomes a space, other
/// control characters (also C1, and those that turn the direction of writing) are written as \x1b or \u202e, bytes that
/// are not UTF-8 become U+FFFD. Everything that came from the agent, a guest or a file goes through this.
std::string printable(std::string_view text);

/// Columns that printable text takes on a terminal; needs a UTF-8 locale (LC_CTYPE), which main sets.
std::size_t columns(std::string_view text);

/// The beginning of printable text that fits into so many columns; what is cut off is shown as "…".
std::string fitted(std::string_view text, std::size_t most_columns);

/// The text with its lines broken at blanks, so that none goes beyond `width` columns as long as its words allow. It
/// begins at column `indent`, and so does every line after the first.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

}  // namespace berth::cli
