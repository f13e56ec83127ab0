// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch.hpp>

#include "agent/http/head.hpp"

using namespace berth;
using namespace berth::agent;

namespace {

Result<HttpHead> with_headers(const std::string& headers) {
  return parse_head("GET /x HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n");
}

Code refusal(const Result<HttpHead>& head) {
  REQUIRE_FALSE(head);
  return head.error().code;
}

}  // namespace

TEST_CASE("a head tells what the gate must know") {
  const std::string text =
      "POST /api/v1/sessions?x=1 HTTP/1.1\r\nHost: berth\r\nContent-Length: 12\r\nX-Empty:\r\n\r\n";
  const auto head = parse_head(text);
  REQUIRE(head);
  CHECK(head->method == "POST");
  CHECK(head->target == "/api/v1/sessions?x=1");
  CHECK(head->path() == "/api/v1/sessions");
  CHECK(head->content_length == 12);
  CHECK(head->bytes == text.size());
  CHECK(head->keep_alive);
}

TEST_CASE("a client says what becomes of the connection, in any case of letters") {
  CHECK_FALSE(with_headers("Connection: Close\r\n")->keep_alive);
  CHECK_FALSE(with_headers("connection: TE, close\r\n")->keep_alive);
  CHECK(with_headers("Connection: enclosed\r\n")->keep_alive);
  CHECK_FALSE(parse_head("GET / HTTP/1.0\r\n\r\n")->keep_alive);
  CHECK(parse_head("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->keep_alive);
}

TEST_CASE("what two readers could read in two ways is refused") {
  for (const char* headers : {"Content-Length: 3\r\nContent-Length: 3\r\n",
                              "Content-Length: 3\r\nContent-Length: 4\r\n",
                              "Content-Length: +3\r\n",
                              "Content-Length: -1\r\n",
                              "Content-Length: 0x10\r\n",
                              "Content-Length: 3, 3\r\n",
                              "Content-Length: \r\n",
                              "Content-Length: 3 \t4\r\n",
                              "Content-Length: 99999999999999999999\r\n",
                              "Transfer-Encoding: chunked\r\n",
                              "transfer-encoding: identity\r\n",
                              "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
                              "Transfer-Encoding\r\n: chunked\r\n",
                              "Content-Length : 3\r\n",
                              " Content-Length: 3\r\n",
                              "X: a\r\n folded\r\n",
                              "X: a\rContent-Length: 3\r\n",
                              "X: a\nContent-Length: 3\r\n",
                              "X: a\0b\r\n",
                              "no colon\r\n",
                              ": empty\r\n",
                              "Host: b\r\n",
                              "X: \x01\r\n",
                              "Expect: 200-ok\r\n",
                              "X\x80: a\r\n"}) {
    INFO(headers);
    CHECK(refusal(with_headers(headers)) == Code::malformed_request);
  }
  CHECK(refusal(with_headers(std::string("X: a\0b\r\n", 8))) == Code::malformed_request);
}

TEST_CASE("a request line is three words with one space between") {
  for (const char* line :
       {"GET / HTTP/2.0", "GET / HTTP/1.2", "GET / http/1.1", "GET /", "GET", "", " GET / HTTP/1.1", "GET  / HTTP/1.1",
        "GET / HTTP/1.1 ", "GET x HTTP/1.1", "GET http://berth/ HTTP/1.1", "GET /#a HTTP/1.1", "GET /\xc3\xa4 HTTP/1.1",
        "GET /a b HTTP/1.1", "G\tT / HTTP/1.1", "GET / HTTP/1.1\rX: a"}) {
    INFO(line);
    CHECK(refusal(parse_head(std::string(line) + "\r\nHost: a\r\n\r\n")) == Code::malformed_request);
  }
  CHECK(refusal(parse_head("BREW / HTTP/1.1\r\nHost: a\r\n\r\n")) == Code::method_not_allowed);
  CHECK(refusal(parse_head("GET / HTTP/1.1\r\n\r\n")) == Code::malformed_request);  // no Host
}

TEST_CASE("a head has bounds") {
  std::string many;
  for (std::size_t i = 0; i + 1 < most_headers; ++i) many += "a: b\r\n";
  CHECK(with_headers(many));
  CHECK(refusal(with_headers(many + "a: b\r\n")) == Code::too_large);
  CHECK(refusal(parse_head("GET /" + std::string(most_target_bytes, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n")) ==
        Code::too_large);
}

TEST_CASE("an expectation is known by its place") {
  const std::string text = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n";
  const auto head = parse_head(text);
  REQUIRE(head);
  CHECK(text.substr(head->expect_at, head->expect_bytes) == "Expect: 100-Continue\r\n");
}
