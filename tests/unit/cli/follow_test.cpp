// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/follow.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <sstream>

#include "fake_agent.hpp"

using namespace berth::cli;
using namespace berth::cli::test;
using nlohmann::json;

namespace {

struct Watched {
  std::ostringstream out, err;
  Screen screen{out, err};
  Progress progress{screen, Progress::Style::plain, "web"};
};

Reply progress_event(int id, const char* step, bool breaks) {
  const json data{{"data", {{"step", step}, {"steps_done", id}, {"steps_total", 7}}}};
  return {200, "id: " + std::to_string(id) + "\nevent: operation.progress\ndata: " + data.dump() + "\n\n",
          "text/event-stream", breaks};
}

}  // namespace

TEST_CASE("a broken event stream goes on behind the last event seen") {
  std::atomic<int> streams = 0;
  const FakeAgent agent([&](const Call& call) {
    if (call.path == "/api/v1/events") {
      ++streams;
      if (streams == 1) return progress_event(4, "first", true);
      return Reply{200, "id: 5\nevent: operation.succeeded\ndata: {}\n\n", "text/event-stream"};
    }
    return json_reply(operation_json(streams < 2 ? "running" : "succeeded"));
  });
  Watched watched;
  const auto ended = follow(Api(agent.socket()), operation_json("running"), watched.progress);
  REQUIRE(ended);
  CHECK((*ended)["state"] == "succeeded");
  CHECK(watched.err.str().find("4/7  first") != std::string::npos);
  std::vector<std::string> positions;
  for (const auto& call : agent.calls())
    if (call.path == "/api/v1/events")
      positions.push_back(call.headers.contains("Last-Event-ID") ? call.headers.at("Last-Event-ID") : "");
  CHECK(positions == std::vector<std::string>{"", "4"});
  CHECK(agent.calls().front().query.at("operation") == operation_id);
}

TEST_CASE("an agent without events is asked for the operation instead") {
  std::atomic<int> asked = 0;
  const FakeAgent agent([&](const Call& call) {
    if (call.path == "/api/v1/events")
      return json_reply({{"code", "REQ_004"}, {"message", "no"}, {"details", json::object()}}, 404);
    return json_reply(operation_json(++asked < 3 ? "running" : "failed"));
  });
  Watched watched;
  const auto ended = follow(Api(agent.socket()), operation_json("running"), watched.progress);
  REQUIRE(ended);
  CHECK(asked == 3);
  const auto success = success_of(*ended);
  REQUIRE_FALSE(success);
  CHECK(success.error().wire_code == "VM_003");
}

TEST_CASE("an agent that is restarted meanwhile is waited for") {
  auto first = std::make_unique<FakeAgent>([](const Call&) { return Reply{200, "", "text/event-stream", true}; });
  const auto socket = first->socket();
  std::jthread restart([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    first.reset();  // the socket goes with its folder
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    const FakeAgent second([](const Call& call) {
      return call.path == "/api/v1/events" ? Reply{200, "", "text/event-stream"} : json_reply(operation_json());
    });
    std::filesystem::create_directory(socket.parent_path());
    std::filesystem::create_symlink(second.socket(), socket);
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    std::filesystem::remove_all(socket.parent_path());
  });
  Watched watched;
  const auto ended = follow(Api(socket), operation_json("running"), watched.progress);
  REQUIRE(ended);
  CHECK((*ended)["state"] == "succeeded");
  CHECK(watched.err.str().find("waiting for the agent") != std::string::npos);
}

TEST_CASE("an operation that is over needs no look") {
  Watched watched;
  const auto ended = follow(Api("/nonexistent"), operation_json("succeeded"), watched.progress);
  REQUIRE(ended);
  CHECK(success_of(*ended));
}
