// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/screen.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

namespace berth::cli {
namespace {

std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::none:
      return "";
    case Colour::good:
      return "32";
    case Colour::bad:
      return "31";
    case Colour::pending:
      return "33";
    case Colour::faint:
      return "2";
    case Colour::strong:
      return "1";
  }
  return "";
}

std::size_t width_of(int terminal) {
  winsize size{};
  constexpr std::size_t usual = 80;
  return ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

}  // namespace

Screen Screen::standard(const Environment& environment) {
  const bool dumb = environment("TERM") == "dumb";
  Screen screen{std::cout, std::cerr};
  screen.coloured = isatty(STDOUT_FILENO) == 1 && environment("NO_COLOR").empty() && !dumb;
  screen.live = isatty(STDERR_FILENO) == 1 && !dumb;
  screen.width = width_of(STDERR_FILENO);
  return screen;
}

std::string Screen::paint(std::string_view text, Colour colour) const {
  if (!coloured || colour == Colour::none || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(colour), text);
}

void Screen::json(const nlohmann::json& value) const {
  out << value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n' << std::flush;
}

Colour colour_of(std::string_view word) {
  if (word == "running" || word == "succeeded") return Colour::good;
  if (word == "failed") return Colour::bad;
  if (word == "stopped" || word == "terminated") return Colour::faint;
  return Colour::pending;
}

}  // namespace berth::cli
