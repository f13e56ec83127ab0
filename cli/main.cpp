// SPDX-License-Identifier: LGPL-2.1-or-later
#include <clocale>
#include <string>
#include <vector>

#include "cli/dispatch.hpp"

int main(int argc, char** argv) {
  using namespace berth;
  // Widths of characters are those of UTF-8, in which everything is printed; nothing else of the locale is used.
  std::setlocale(LC_CTYPE, "C.UTF-8");  // NOLINT(concurrency-mt-unsafe): before any thread
  const std::vector<std::string> line(argv + 1, argv + argc);
  const auto screen = cli::Screen::standard(cli::environment);
  return static_cast<int>(cli::run(line, cli::environment, screen, SystemClock()));
}
