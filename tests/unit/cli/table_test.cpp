// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/table.hpp"

#include <catch2/catch.hpp>
#include <clocale>
#include <sstream>

#include "cli/utf8.hpp"
#include "fake_agent.hpp"

using namespace berth::cli;

namespace {

struct Utf8Locale {
  Utf8Locale() { std::setlocale(LC_CTYPE, "C.UTF-8"); }
  ~Utf8Locale() { std::setlocale(LC_CTYPE, "C"); }
};

struct Shown {
  std::ostringstream out, err;
  Screen plain{out, err};
  Screen coloured{out, err, true};
};

}  // namespace

TEST_CASE("what could steer a terminal is never printed") {
  CHECK(printable("plain größe 网") == "plain größe 网");
  CHECK(printable("a\x1b[31mb") == "a\\x1b[31mb");
  CHECK(printable("a\nb\tc\rd") == "a b c d");
  CHECK(printable(std::string("a\0b\x7f", 4)) == "a\\x00b\\x7f");
  CHECK(printable("a\xc2\x9b"
                  "31mb") == "a\\x9b31mb");  // CSI as one C1 character
  CHECK(printable("a\xe2\x80\xae"
                  "b") == "a\\u202eb");  // right-to-left override
  CHECK(printable("a\x9b"
                  "b\xff\xc0\x9b") ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(printable("\xe0\x80\x9b") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // an overlong C1 is no way around
  CHECK(printable("\xed\xa0\x80").find("\xed") == std::string::npos);
  CHECK(printable("cut \xe2\x82") == "cut \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("columns are those of a terminal") {
  const Utf8Locale locale;
  CHECK(columns("größe") == 5);
  CHECK(columns("网络") == 4);
  CHECK(columns("e\xCC\x81") == 1);
  CHECK(fitted("waiting for 网络", 13) == "waiting for …");
  CHECK(fitted("short", 5) == "short");
  CHECK(columns(fitted("a much too long line", 8)) == 8);
}

TEST_CASE("a table is aligned by columns, not bytes, and holds its rows on one line each") {
  const Utf8Locale locale;
  Shown shown;
  Table table({"NAME", "PHASE"});
  table.row({"网络", Cell("running", Colour::good)});
  table.row({"a\x1b[2J\nb", ""});
  CHECK(table.text(shown.plain) ==
        "NAME        PHASE\n"
        "网络        running\n"
        "a\\x1b[2J b  -\n");
  const auto coloured = table.text(shown.coloured);
  CHECK(coloured.find("\x1b[32mrunning\x1b[0m") != std::string::npos);
  CHECK(coloured.find("\x1b[2J") == std::string::npos);
}

TEST_CASE("a sheet leaves out what has no value") {
  Shown shown;
  Sheet sheet;
  sheet.line("id", "x");
  sheet.line("operation", "");
  sheet.line("host key", "y");
  CHECK(sheet.text(shown.plain) == "id        x\nhost key  y\n");
}

TEST_CASE("JSON on a terminal is ASCII") {
  Shown shown;
  shown.plain.json({{"name", "a\xc2\x9b\x1b\x7f"}});
  CHECK(shown.out.str() == "{\"name\":\"a\\u009b\\u001b\\u007f\"}\n");
}

TEST_CASE("long text is broken at blanks and goes on below where it began") {
  CHECK(wrapped("one two three", 4, 80) == "one two three");
  CHECK(wrapped("one two three", 4, 11) == "one two\n    three");
  CHECK(wrapped("one two three", 4, 5) == "one\n    two\n    three");
  CHECK(wrapped("", 4, 80).empty());
  for (const auto& line : {std::vector<std::string>{"help"}, {"help", "create"}, {"help", "exit-codes"}}) {
    std::istringstream text(test::typed("/nonexistent", line).out);
    for (std::string one; std::getline(text, one);) {
      CAPTURE(one);
      CHECK(one.size() <= 80);
    }
  }
}
