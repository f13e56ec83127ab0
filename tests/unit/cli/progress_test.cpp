// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/progress.hpp"

#include <catch2/catch.hpp>
#include <clocale>
#include <sstream>

#include "cli/utf8.hpp"

using namespace berth::cli;
using namespace std::chrono_literals;

namespace {
struct Shown {
  std::ostringstream out, err;
  Screen screen{out, err};
};
}  // namespace

TEST_CASE("a progress line says whose, how far, what and how long, and fits the terminal") {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  CHECK(progress_text("web", {"waiting for the machine to answer", 3, 7}, 12s, 80) ==
        "web  3/7  waiting for the machine to answer  12 s");
  CHECK(progress_text("tiny", {"sending 4 GiB", 0, 0, "34 %"}, 63s, 80) == "tiny  sending 4 GiB  34 %  1 min 3 s");
  const auto narrow = progress_text("web", {"waiting for the machine to answer", 3, 7}, 12s, 24);
  CHECK(columns(narrow) == 24);
  CHECK(narrow.ends_with("…  12 s"));
  CHECK(progress_text("web", {"a\x1b[2Jb"}, 0s, 80).find('\x1b') == std::string::npos);
  std::setlocale(LC_CTYPE, "C");
}

TEST_CASE("on a terminal one line is written again and cleared at the end") {
  Shown shown;
  {
    Progress progress(shown.screen, Progress::Style::live, "web");
    progress.show({"one", 1, 2});
    progress.show({"two", 2, 2});
  }
  const auto text = shown.err.str();
  CHECK(text.starts_with("\r\x1b[Kweb  1/2  one  "));
  CHECK(text.find("\r\x1b[Kweb  2/2  two  ") != std::string::npos);
  CHECK(text.ends_with("\r\x1b[K"));
  CHECK(text.find('\n') == std::string::npos);
}

TEST_CASE("a live line shows the time going by") {
  Shown shown;
  {
    Progress progress(shown.screen, Progress::Style::live, "web");
    progress.show({"one", 1, 2});
    std::this_thread::sleep_for(2s);
  }
  CHECK(shown.err.str().find("one  1 s") != std::string::npos);
}

TEST_CASE("elsewhere each step is a line of its own, and quiet is quiet") {
  Shown plain, quiet;
  {
    Progress progress(plain.screen, Progress::Style::plain, "web");
    Progress nothing(quiet.screen, Progress::Style::quiet, "web");
    for (auto* shown : {&progress, &nothing}) {
      shown->show({"one", 1, 2, "10 %"});
      shown->show({"one", 1, 2, "20 %"});
      shown->show({"two", 2, 2});
    }
  }
  CHECK_THAT(plain.err.str(), Catch::Matches("web  1/2  one  10 %  [0-9]+ s\nweb  2/2  two  [0-9]+ s\n"));
  CHECK(quiet.err.str().empty());
  CHECK(style_of(plain.screen, false) == Progress::Style::plain);
  CHECK(style_of(plain.screen, true) == Progress::Style::quiet);
}
