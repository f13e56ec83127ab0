// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch.hpp>

#include "agent/http/intake.hpp"

using namespace berth;
using namespace berth::agent;

namespace {

constexpr std::uint64_t most_upload = 1 << 20;
const HttpIntake::LaneOf lane_of = [](std::string_view, std::string_view path) {
  return path == "/up" ? Lane::upload : Lane::worker;
};

Result<bool> fed(HttpIntake& intake, std::string_view bytes) {
  intake.add(bytes);
  return intake.ready(lane_of, most_upload);
}

std::string post(const std::string& path, const std::string& body, std::size_t length) {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("a request is ready with its last byte, however it is cut") {
  const auto text = post("/x", "body", 4);
  HttpIntake intake;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const auto ready = fed(intake, std::string_view(text).substr(i, 1));
    REQUIRE(ready);
    REQUIRE_FALSE(*ready);
  }
  CHECK(*fed(intake, text.substr(text.size() - 1)));
  CHECK(intake.body() == "body");
  CHECK(intake.head().target == "/x");
  intake.next();
  CHECK(intake.empty());
}

TEST_CASE("requests that come in one piece are taken one by one") {
  HttpIntake intake;
  REQUIRE(*fed(intake, post("/a", "one", 3) + post("/b", "", 0) + "GET /c HT"));
  CHECK(intake.body() == "one");
  intake.next();
  REQUIRE(*fed(intake, ""));
  CHECK(intake.head().target == "/b");
  intake.next();
  CHECK_FALSE(*fed(intake, "TP/1.1\r\nHost: a\r\n"));
  CHECK(*fed(intake, "\r\n"));
  CHECK(intake.head().target == "/c");
}

TEST_CASE("a head that goes on and on is refused at its bound") {
  HttpIntake intake;
  REQUIRE(fed(intake, "GET / HTTP/1.1\r\nHost: a\r\nX: "));
  std::size_t sent = 0;
  for (;; sent += 1000) {
    REQUIRE(sent < 2 * most_head_bytes);
    const auto ready = fed(intake, std::string(1000, 'a'));
    if (ready) continue;
    CHECK(ready.error().code == Code::too_large);
    break;
  }
}

TEST_CASE("a lone line feed is refused at once") {
  HttpIntake intake;
  const auto ready = fed(intake, "GET / HTTP/1.1\nHost: a\n");
  REQUIRE_FALSE(ready);
  CHECK(ready.error().code == Code::malformed_request);
}

TEST_CASE("bodies have bounds, and an upload waits for its head alone") {
  HttpIntake large, upload, larger, unsized;
  CHECK(fed(large, post("/x", "", most_body_bytes + 1)).error().code == Code::too_large);
  CHECK(*fed(upload, post("/up", "first", most_upload)));
  CHECK(upload.body() == "first");
  CHECK(fed(larger, post("/up", "", most_upload + 1)).error().code == Code::too_large);
  CHECK(fed(unsized, "POST /up HTTP/1.1\r\nHost: a\r\n\r\n").error().code == Code::malformed_request);
}

TEST_CASE("an expectation is reported once, while the body is away, and hidden from whoever reads the head") {
  HttpIntake intake;
  REQUIRE_FALSE(*fed(intake, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
  CHECK(intake.take_expectation());
  CHECK_FALSE(intake.take_expectation());
  REQUIRE(*fed(intake, "ab"));
  CHECK(intake.body() == "ab");
  CHECK(intake.head_text() == "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
}

TEST_CASE("an idle connection holds little memory") {
  HttpIntake intake;
  REQUIRE(*fed(intake, post("/x", std::string(most_body_bytes, 'b'), most_body_bytes)));
  intake.next();
  CHECK(intake.held() < 4096);
}
