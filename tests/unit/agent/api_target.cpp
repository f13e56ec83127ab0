// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch.hpp>

#include "agent/api/router.hpp"
#include "agent/api/target.hpp"

using namespace berth;
using namespace berth::agent;

namespace {

Code refusal(const auto& result) {
  REQUIRE_FALSE(result);
  return result.error().code;
}

ApiRouter router() {
  const auto nothing = [](ApiCall&) -> Result<HttpAnswer> { return HttpAnswer(); };
  return ApiRouter({{.method = "GET", .pattern = "/things", .action = nothing},
                    {.method = "POST", .pattern = "/things", .action = nothing, .lane = Lane::upload},
                    {.method = "GET", .pattern = "/things/{id}", .action = nothing},
                    {.method = "DELETE", .pattern = "/things/{id}/parts/{part}", .action = nothing},
                    {.method = "GET", .pattern = "/events", .action = nothing, .lane = Lane::stream}});
}

}  // namespace

TEST_CASE("percent-encoding is decoded strictly") {
  CHECK(percent_decoded("SHA256%3aab%2Fc+d").value() == "SHA256:ab/c+d");
  CHECK(percent_decoded("%C3%A4").value() == "\xc3\xa4");
  for (const char* wrong : {"%", "%2", "%zz", "%+1", "%u0041", "%00", "%0d%0a", "%ff", "%c3%28", "%7f", "%ed%a0%80"}) {
    INFO(wrong);
    CHECK(refusal(percent_decoded(wrong)) == Code::malformed_request);
  }
}

TEST_CASE("a query is read once a parameter and nothing is left over") {
  auto query = ApiQuery::parse("user=alice&limit=10&empty=&").value();
  CHECK(query.text("user") == "alice");
  CHECK(query.number("limit", 1, 10).value() == 10u);
  CHECK(refusal(query.done()) == Code::invalid_field);
  CHECK(query.text("empty") == "");
  CHECK_FALSE(query.text("absent"));
  CHECK(query.done());
}

TEST_CASE("queries that could be read in two ways are refused, naming the parameter") {
  for (const char* wrong : {"a=1&a=2", "a", "a=1&%61=2"}) {
    const auto query = ApiQuery::parse(wrong);
    REQUIRE(refusal(query) == Code::invalid_field);
    CHECK(query.error().details.at(0) == std::pair<std::string, std::string>("field", "a"));
  }
  for (const char* wrong :
       {"n=-1", "n=+1", "n=1.5", "n=", "n=0x1", "n=0", "n=11", "n=99999999999999999999", "n=1%20"}) {
    INFO(wrong);
    auto query = ApiQuery::parse(wrong);
    REQUIRE(query);
    CHECK(refusal(query->number("n", 1, 10)) == Code::invalid_field);
  }
  std::string many;
  for (int i = 0; i < 17; ++i) many += "p" + std::to_string(i) + "=1&";
  CHECK(refusal(ApiQuery::parse(many)) == Code::invalid_field);
}

TEST_CASE("a path finds its route, and arguments are decoded") {
  const auto routes = router();
  CHECK(routes.find("GET", "/things").value().index == 0);
  const auto match = routes.find("DELETE", "/things/7/parts/a%2Fb");
  REQUIRE(match);
  CHECK(match->index == 3);
  CHECK(match->arguments == std::vector<std::string>{"7", "a/b"});
}

TEST_CASE("other paths and methods are refused") {
  const auto routes = router();
  for (const char* path :
       {"/", "/thing", "/things/", "/things//", "//things", "/things/7/parts", "/%74hings", "/../things", "things"}) {
    INFO(path);
    CHECK(refusal(routes.find("GET", path)) == Code::no_such_route);
  }
  const auto wrong = routes.find("PUT", "/things");
  REQUIRE(refusal(wrong) == Code::method_not_allowed);
  CHECK(wrong.error().details.at(0).second == "GET, HEAD, POST");
  CHECK(refusal(routes.find("GET", "/things/%zz")) == Code::malformed_request);
}

TEST_CASE("a lane is told from method and path alone") {
  const auto routes = router();
  CHECK(routes.lane("POST", "/things") == Lane::upload);
  CHECK(routes.lane("GET", "/things") == Lane::worker);
  CHECK(routes.lane("HEAD", "/events") == Lane::stream);
  CHECK(routes.lane("POST", "/%74hings") == Lane::worker);
}
