// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/failure.hpp"

#include <catch2/catch.hpp>

#include "cli/api.hpp"
#include "fake_agent.hpp"

using namespace berth;
using namespace berth::cli;

namespace {

/// How `berth show` ends when the agent refuses with this.
test::Ended refused_with(const nlohmann::json& error, int status) {
  const test::FakeAgent agent([&](const test::Call&) { return test::json_reply(error, status); });
  return test::typed(agent.socket(), {"show", test::session_id});
}

nlohmann::json error_json(std::string_view code) {
  return {{"code", code},
          {"message", "a message"},
          {"details", {{"thing", "web"}}},
          {"timestamp", "x"},
          {"request_id", "r1"}};
}

}  // namespace

TEST_CASE("every error of the agent has its exit code") {
  const auto ends = [](Code code) { return refused_with(error_json(wire_name(code)), http_status(code)).exit; };
  CHECK(ends(Code::invalid_field) == Exit::usage);
  CHECK(ends(Code::not_found) == Exit::not_found);
  CHECK(ends(Code::quota_exceeded) == Exit::refused);
  CHECK(ends(Code::wrong_state) == Exit::refused);
  CHECK(ends(Code::image_rejected) == Exit::refused);
  CHECK(exit_of(Code::starting) == Exit::unavailable);  // after 30 s of waiting
  CHECK(ends(Code::hypervisor_unavailable) == Exit::unavailable);
  CHECK(ends(Code::not_ready) == Exit::timed_out);
  CHECK(ends(Code::internal) == Exit::failed);
}

TEST_CASE("a code of a newer agent ends by its HTTP status") {
  CHECK(refused_with(error_json("RES_999"), 404).exit == Exit::not_found);
  CHECK(refused_with(error_json("NEW_001"), 409).exit == Exit::refused);
  CHECK(refused_with("no object", 503).exit == Exit::unavailable);
}

TEST_CASE("an error is told in three lines: what with its code, of which thing, and the next step") {
  const auto ended = refused_with(error_json("RES_002"), 409);
  CHECK(ended.out.empty());
  CHECK(ended.err ==
        "berth show: a message [RES_002]\n  thing: web\n"
        "  `berth host resources` shows what is used; `berth terminate NAME` frees it\n");
  CHECK(refused_with(error_json("RES_009"), 500).err.find("request_id: r1") != std::string::npos);
}

TEST_CASE("the agent's own next step is told instead, and nothing of it steers the terminal") {
  auto error = error_json("RES_002");
  error["message"] = "a\x1b[2J\nb";
  error["details"] = {{"thing", "web"}, {"next", "ask\x07 alice"}};
  CHECK(refused_with(error, 409).err == "berth show: a\\x1b[2J b [RES_002]\n  thing: web\n  ask\\x07 alice\n");
}

TEST_CASE("an agent that is not there is told with what to do") {
  const test::Folder folder;
  const auto ended = test::typed(folder.path / "agent.sock", {"list"});
  CHECK(ended.exit == Exit::unavailable);
  CHECK(ended.err.find("there is no " + folder.path.string()) != std::string::npos);
  CHECK(ended.err.find("systemctl status berth-agent") != std::string::npos);
  CHECK(unreachable(std::string(200, 'x')).exit == Exit::usage);
  CHECK(unreachable(folder.path).error.message.find("nobody listens") != std::string::npos);
}

TEST_CASE("an answer that is not the API's is told, not trusted") {
  const test::FakeAgent agent([&](const test::Call&) { return test::Reply{200, "<html>"}; });
  CHECK(test::typed(agent.socket(), {"list"}).err.find("not JSON") != std::string::npos);
  const test::FakeAgent odd([&](const test::Call&) { return test::json_reply({{"name", 7}}); });
  const auto ended = test::typed(odd.socket(), {"show", test::session_id});
  CHECK(ended.exit == Exit::failed);
  CHECK(ended.err.find("not understood") != std::string::npos);
}

TEST_CASE("a failed operation ends with 1, and with 6 when the machine did not answer in time") {
  CHECK(exit_of_failed_operation(Code::quota_exceeded) == Exit::failed);
  CHECK(exit_of_failed_operation(Code::start_failed) == Exit::failed);
  CHECK(exit_of_failed_operation(Code::not_ready) == Exit::timed_out);
}
