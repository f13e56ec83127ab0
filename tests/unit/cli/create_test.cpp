// SPDX-License-Identifier: LGPL-2.1-or-later
#include <atomic>
#include <catch2/catch.hpp>

#include "core/id.hpp"
#include "fake_agent.hpp"

using namespace berth::cli;
using namespace berth::cli::test;
using nlohmann::json;

namespace {

const std::vector<std::string> create_web{"create", "web",      "--image", "tiny",  "--cpus",
                                          "1",      "--memory", "128M",    "--ttl", "8h"};

bool is_create(const Call& call) {
  return call.method == "POST" && call.path == "/api/v1/sessions";
}

Reply accepted(const char* state) {
  return json_reply({{"session", session_json("web", "alice", "creating")}, {"operation", operation_json(state)}}, 202);
}

/// An agent whose operation ends when its events have been read.
Reply usual(const Call& call) {
  if (is_create(call)) return accepted("running");
  if (call.path == "/api/v1/events")
    return {200,
            "id: 1\nevent: operation.progress\ndata: {\"data\":{\"step\":\"making the "
            "disk\",\"steps_done\":2,\"steps_total\":7}}\n\n"
            "id: 2\nevent: operation.succeeded\ndata: {}\n\n",
            "text/event-stream"};
  if (call.path.starts_with("/api/v1/operations/")) return json_reply(operation_json());
  return json_reply(session_json());
}

}  // namespace

TEST_CASE("create sends what was asked for, waits and says what is there") {
  const FakeAgent agent(usual);
  const auto ended = typed(agent.socket(), create_web);
  CHECK(ended.exit == Exit::ok);
  CHECK(ended.out.starts_with("web is running ("));
  CHECK(ended.out.ends_with(" s)\nlog in: berth ssh web\n"));
  CHECK(ended.err.find("web  2/7  making the disk") != std::string::npos);
  const auto call = agent.calls().front();
  const auto body = json::parse(call.body);
  CHECK(body["name"] == "web");
  CHECK(body["user"] == "alice");
  CHECK(body["cpus"] == 1);
  CHECK(body["memory_bytes"] == 128 << 20);
  CHECK(body["ttl_seconds"] == 8 * 3600);
  CHECK_FALSE(body.contains("disk_bytes"));
  CHECK(berth::SessionId::parse(body["id"].get<std::string>()));
  CHECK(body["ssh_keys"].size() == 1);
  CHECK(call.headers.contains("Idempotency-Key"));
}

TEST_CASE("with --json a creation prints the session as it is at the end") {
  const FakeAgent agent(usual);
  auto line = create_web;
  line.insert(line.end(), {"--json", "--quiet"});
  const auto ended = typed(agent.socket(), line);
  CHECK(json::parse(ended.out) == session_json());
  CHECK(ended.err.empty());
  line.emplace_back("--no-wait");
  CHECK(json::parse(typed(agent.socket(), line).out)["operation"]["state"] == "running");
}

TEST_CASE("a creation whose connection breaks is sent again as the same request") {
  std::atomic<int> tries = 0;
  const FakeAgent agent([&](const Call& call) {
    if (!is_create(call)) return usual(call);
    ++tries;
    if (tries == 1) return Reply{202, "{", "application/json", true};
    if (tries == 2) return json_reply({{"code", "RES_006"}, {"message", "starting"}, {"details", json::object()}}, 503);
    return accepted("running");
  });
  CHECK(typed(agent.socket(), create_web).exit == Exit::ok);
  std::vector<Call> creates;
  for (const auto& call : agent.calls())
    if (is_create(call)) creates.push_back(call);
  REQUIRE(creates.size() == 3);
  for (const auto& call : creates) {
    CHECK(call.body == creates[0].body);
    CHECK(call.headers.at("Idempotency-Key") == creates[0].headers.at("Idempotency-Key"));
  }
}

TEST_CASE("an extension is never sent twice") {
  const FakeAgent agent([&](const Call& call) {
    return call.method == "POST" ? Reply{200, "{", "application/json", true} : json_reply(session_json());
  });
  const auto ended = typed(agent.socket(), {"extend", session_id, "--by", "2h"});
  CHECK(ended.exit == Exit::unavailable);
  int posts = 0;
  for (const auto& call : agent.calls()) posts += call.method == "POST";
  CHECK(posts == 1);
}

TEST_CASE("a failed creation tells the reason and prints the operation") {
  const FakeAgent agent([&](const Call& call) {
    return call.path.starts_with("/api/v1/operations/") ? json_reply(operation_json("failed")) : usual(call);
  });
  auto line = create_web;
  line.emplace_back("--json");
  const auto ended = typed(agent.socket(), line);
  CHECK(ended.exit == Exit::timed_out);
  CHECK(json::parse(ended.out)["state"] == "failed");
  CHECK(ended.err.find("the machine did not answer [VM_003]") != std::string::npos);
}

TEST_CASE("wrong values never reach the agent") {
  const FakeAgent agent(usual);
  const std::vector<std::vector<std::string>> wrong{{"create", "a/b", "--image", "tiny"},
                                                    {"create", "web"},
                                                    {"create", "web", "--image", "../x"},
                                                    {"create", "web", "--image", "tiny", "--user", "Bob"},
                                                    {"create", "web", "--image", "tiny", "--size", "huge"},
                                                    {"create", "web", "--image", "tiny", "--cpus", "0"},
                                                    {"create", "web", "--image", "tiny", "--ssh-key", "/nonexistent"},
                                                    {"show", "a b"},
                                                    {"extend", "web", "--by", "2"}};
  for (const auto& line : wrong) CHECK(typed(agent.socket(), line).exit == Exit::usage);
  CHECK(typed(agent.socket(), {"list"}, {{"BERTH_USER", "not a name"}}).exit == Exit::usage);
  CHECK(agent.calls().empty());
}
