// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/lookup.hpp"

#include <catch2/catch.hpp>

#include "fake_agent.hpp"

using namespace berth::cli;
using namespace berth::cli::test;
using nlohmann::json;

namespace {

Session session(const std::string& user) {
  return *read_session(session_json("web", user));
}

}  // namespace

TEST_CASE("a name means the caller's session, the asked user's, or for root the only one") {
  const std::vector<Session> both{session("alice"), session("bob")};
  CHECK(*choose_session(both, "web", "bob", false) == 1);
  const std::vector<Session> alices{session("alice")};
  CHECK(*choose_session(alices, "web", "alice", true) == 0);
  CHECK(*choose_session(alices, "web", "root", false) == 0);
}

TEST_CASE("a name that fits none or several is refused with the candidates") {
  const std::vector<Session> both{session("alice"), session("bob")};
  const std::vector<Session> alices{session("alice")};
  const auto none = choose_session({}, "web", "alice", true);
  REQUIRE_FALSE(none);
  CHECK(none.error().exit == Exit::not_found);
  CHECK(none.error().next.find("berth list") != std::string::npos);

  for (const auto& failed : {choose_session(both, "web", "root", false), choose_session(alices, "web", "bob", false)}) {
    REQUIRE_FALSE(failed);
    CHECK(failed.error().exit == Exit::not_found);
    CHECK(failed.error().next.find("alice") != std::string::npos);
    CHECK(failed.error().next.find(session_id) != std::string::npos);
  }
}

TEST_CASE("an id is asked for as it is, a name by name and user") {
  const FakeAgent agent([](const Call& call) {
    if (call.path == "/api/v1/sessions/" + session_id) return json_reply(session_json());
    return json_reply({{"items", json::array({session_json()})}, {"next", nullptr}});
  });
  CHECK(typed(agent.socket(), {"show", session_id}).exit == Exit::ok);
  const auto shown = typed(agent.socket(), {"show", "web"});
  CHECK(shown.exit == Exit::ok);
  CHECK(shown.out.find("root at 10.66.0.2") != std::string::npos);
  CHECK(shown.out.find("SHA256:") != std::string::npos);
  const auto calls = agent.calls();
  REQUIRE(calls.size() == 2);
  CHECK(calls[1].query.at("name") == "web");
  CHECK(calls[1].query.at("user") == "alice");
}

TEST_CASE("a paged list is read to its end") {
  const FakeAgent agent([](const Call& call) {
    const bool first = !call.query.contains("after");
    return json_reply(
        {{"items", json::array({session_json(first ? "one" : "two")})}, {"next", first ? json("cursor+1") : json()}});
  });
  const auto listed = json::parse(typed(agent.socket(), {"list", "--json", "--phase", "running"}).out);
  REQUIRE(listed["items"].size() == 2);
  CHECK(listed["items"][1]["name"] == "two");
  CHECK(listed["next"].is_null());
  const auto calls = agent.calls();
  CHECK(calls[1].query.at("after") == "cursor+1");
  CHECK(calls[1].query.at("phase") == "running");
}
