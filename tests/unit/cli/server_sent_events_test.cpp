// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/server_sent_events.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace berth::cli;

namespace {

struct Read {
  std::vector<std::string> events;
  bool good = true;
};

Read read(std::string_view text, std::size_t piece) {
  Read read;
  EventParser parser;
  for (std::size_t i = 0; i < text.size(); i += piece)
    read.good = read.good && parser.feed(text.substr(i, piece), [&](const ServerSentEvent& event) {
      read.events.push_back(event.id + "|" + event.type + "|" + event.data);
      return true;
    });
  return read;
}

}  // namespace

TEST_CASE("events are found however the bytes are cut") {
  const std::string_view text =
      ": hello\n\nid: 7\nevent: operation.progress\ndata: {\"a\":1}\n\n"
      "data:x\r\ndata: y\r\n\r\n"
      "retry: 10\nunknown: field\nid\ndata\n\n"
      "event: without data\n\n"
      "id: 9\rdata:  z\r\r"
      "data: never ended\n";
  const std::vector<std::string> expected{"7|operation.progress|{\"a\":1}", "7||x\ny", "||", "9|| z"};
  for (const std::size_t piece : {1u, 2u, 3u, 7u, 1000u}) {
    CAPTURE(piece);
    CHECK(read(text, piece).events == expected);
  }
}

TEST_CASE("an event without end does not take all memory") {
  CHECK(read(std::string(EventParser::largest - 10, 'x'), 4096).good);
  CHECK_FALSE(read(std::string(EventParser::largest + 10, 'x'), 4096).good);
  std::string lines;
  for (int i = 0; i < 300; ++i) lines += "data: " + std::string(4096, 'x') + "\n";
  CHECK_FALSE(read(lines, 4096).good);
}

TEST_CASE("reading stops when the reader has enough") {
  EventParser parser;
  int seen = 0;
  CHECK_FALSE(parser.feed("data: 1\n\ndata: 2\n\n", [&](const ServerSentEvent&) { return ++seen < 1; }));
  CHECK(seen == 1);
}
