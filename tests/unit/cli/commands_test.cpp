// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch.hpp>
#include <fstream>

#include "cli/image_format.hpp"
#include "fake_agent.hpp"

using namespace berth::cli;
using namespace berth::cli::test;
using nlohmann::json;

namespace {

Reply list_of(const json& item) {
  return json_reply({{"items", json::array({item})}, {"next", nullptr}});
}

Reply sessions(const Call& call) {
  if (call.method == "GET") return list_of(session_json(call.query.contains("name") ? call.query.at("name") : "web"));
  const auto operation = operation_json("succeeded", call.method == "DELETE" ? "terminate" : "stop");
  return json_reply({{"session", session_json()}, {"operation", operation}}, 202);
}

}  // namespace

TEST_CASE("several sessions are terminated by one command, whatever happens to one of them") {
  const FakeAgent agent([](const Call& call) {
    if (call.method == "GET" && call.query.at("name").starts_with("no-"))
      return json_reply({{"items", json::array()}, {"next", nullptr}});
    return sessions(call);
  });
  const auto ended = typed(agent.socket(), {"terminate", "one", "no-first", "two", "no-second"});
  CHECK(ended.exit == Exit::not_found);
  CHECK(ended.err.find("no session 'no-first'") != std::string::npos);
  CHECK(ended.err.find("no session 'no-second'") != std::string::npos);
  int deleted = 0;
  for (const auto& call : agent.calls()) deleted += call.method == "DELETE";
  CHECK(deleted == 2);
}

TEST_CASE("a removal whose answer was lost and that then finds nothing is done") {
  int deletions = 0;
  const FakeAgent agent([&](const Call& call) {
    if (call.method != "DELETE") return sessions(call);
    if (++deletions == 1) return Reply{202, "{", "application/json", true};
    return json_reply({{"code", "RES_001"}, {"message", "no such session"}, {"details", json::object()}}, 404);
  });
  const auto ended = typed(agent.socket(), {"terminate", "web"});
  INFO(ended.err);
  CHECK(ended.exit == Exit::ok);
  CHECK(ended.out == "web is gone, and its disk with it\n");
  CHECK(deletions == 2);
  CHECK(typed(agent.socket(), {"terminate", "web"}).exit == Exit::not_found);
}

TEST_CASE("an agent that is starting is waited for, saying so") {
  const json starting{{"code", "RES_006"},
                      {"message", "bringing sessions up to date"},
                      {"details", {{"sessions_done", "3"}, {"sessions_total", "7"}}}};
  int asked = 0;
  const FakeAgent agent([&](const Call& call) { return ++asked < 3 ? json_reply(starting, 503) : sessions(call); });
  const auto listed = typed(agent.socket(), {"list"});
  CHECK(listed.exit == Exit::ok);
  CHECK(listed.err.find("3/7  waiting for the agent") != std::string::npos);
  CHECK(listed.out.find("web") != std::string::npos);
  asked = 0;
  CHECK(typed(agent.socket(), {"list", "--quiet"}).err.empty());
}

TEST_CASE("with --json, terminate prints the operation and stop the session") {
  const FakeAgent agent([](const Call& call) {
    return call.path == "/api/v1/sessions/" + session_id && call.method == "GET" ? json_reply(session_json())
                                                                                 : sessions(call);
  });
  CHECK(json::parse(typed(agent.socket(), {"terminate", "web", "--json"}).out)["kind"] == "terminate");
  CHECK(json::parse(typed(agent.socket(), {"stop", "web", "--json"}).out)["name"] == "web");
}

TEST_CASE("a list is a table for people and the API's JSON for programs") {
  const FakeAgent agent(sessions);
  const auto table = typed(agent.socket(), {"list"}).out;
  CHECK(table.starts_with("NAME  USER   PHASE    ADDRESS    SIZE"));
  CHECK(table.find("web   alice  running  10.66.0.2  1 CPU, 128 MiB, 256 MiB  tiny") != std::string::npos);
  CHECK(json::parse(typed(agent.socket(), {"list", "--json"}).out)["items"][0] == session_json());
  CHECK(typed(agent.socket(), {"list", "--phase", "asleep"}).exit == Exit::usage);
}

TEST_CASE("a fingerprint goes into the path as one segment") {
  const FakeAgent agent(sessions);
  CHECK(typed(agent.socket(), {"key", "remove", "web", "SHA256:a+b/c"}).exit == Exit::ok);
  bool seen = false;
  for (const auto& call : agent.calls()) seen = seen || call.path.ends_with("/ssh-keys/SHA256:a+b/c");
  CHECK(seen);
}

TEST_CASE("a private key is not sent") {
  const FakeAgent agent(sessions);
  const Folder folder;
  std::ofstream(folder.path / "id") << "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n";
  const auto ended = typed(agent.socket(), {"key", "add", "web", (folder.path / "id").string()});
  CHECK(ended.exit == Exit::usage);
  CHECK(ended.err.find("id.pub") != std::string::npos);
  CHECK(agent.calls().empty());
}

TEST_CASE("an image is sent whole, with its name, format and sum") {
  const json image{{"id", std::string(64, 'a')}, {"name", "tiny"},      {"file_size", 9},
                   {"virtual_size", 512},        {"has_kernel", false}, {"imported_at", "2026-02-03T04:05:06.789Z"}};
  const FakeAgent agent([&](const Call&) { return json_reply(image, 201); });
  const Folder folder;
  const auto file = folder.path / "disk.img";
  const std::string contents(3'000'000, 'x');
  std::ofstream(file) << contents;
  const auto ended =
      typed(agent.socket(), {"image", "import", file.string(), "--name", "tiny", "--sha256", std::string(64, 'a')});
  INFO(ended.err);
  CHECK(ended.exit == Exit::ok);
  REQUIRE(agent.calls().size() == 1);
  const auto call = agent.calls().front();
  CHECK(call.path == "/api/v1/images");
  CHECK(call.query.at("name") == "tiny");
  CHECK(call.query.at("format") == "raw");
  CHECK(call.query.at("sha256") == std::string(64, 'a'));
  CHECK(call.headers.at("Content-Length") == "3000000");
  CHECK((call.body == contents));
}

TEST_CASE("an empty image file is the agent's to refuse") {
  const FakeAgent agent([&](const Call&) {
    return json_reply({{"code", "STO_001"}, {"message", "the file is empty"}, {"details", json::object()}}, 400);
  });
  const Folder folder;
  std::ofstream(folder.path / "disk.raw") << "";
  const auto ended = typed(agent.socket(), {"image", "import", (folder.path / "disk.raw").string(), "--name", "bad"});
  CHECK(ended.exit == Exit::refused);
  CHECK(ended.err.find("STO_001") != std::string::npos);
}

TEST_CASE("an image's format is said, never guessed") {
  CHECK(*image_format("a.qcow2", {}) == "qcow2");
  CHECK(*image_format("a.raw", {}) == "raw");
  CHECK(*image_format("a.img", {}) == "raw");
  CHECK(*image_format("a.tar", {}) == "bundle");
  CHECK(*image_format("a.tar", "raw") == "raw");
  CHECK_FALSE(image_format("a.iso", {}));
  CHECK_FALSE(image_format("qcow2", {}));
  CHECK_FALSE(image_format("a.qcow2", "vmdk"));
}

TEST_CASE("the host's checks are told with their remedies, and a failed one ends with 1") {
  json health{{"status", "ok"}, {"version", "1"}, {"hypervisor", {{"checks", json::array()}}}};
  auto& checks = health["hypervisor"]["checks"];
  checks.push_back({{"name", "kvm"}, {"state", "ok"}, {"detail", "boots"}, {"remedy", ""}});
  checks.push_back({{"name", "disk"}, {"state", "warning"}, {"detail", "nearly full"}, {"remedy", "free some"}});
  const FakeAgent good([&](const Call&) { return json_reply(health); });
  const auto passed = typed(good.socket(), {"host", "check"});
  CHECK(passed.exit == Exit::ok);
  CHECK(passed.out == "✔ kvm  boots\n! disk  nearly full\n    mend it: free some\n");

  checks.push_back({{"name", "nft"}, {"state", "failed"}, {"detail", "missing"}, {"remedy", "apt install nftables"}});
  const FakeAgent bad([&](const Call&) { return json_reply(health); });
  const auto failed = typed(bad.socket(), {"host", "check"});
  CHECK(failed.exit == Exit::failed);
  CHECK(failed.out.find("✘ nft  missing\n    mend it: apt install nftables\n") != std::string::npos);
}

TEST_CASE("ssh waits for no machine that is stopped, and says how to start it") {
  const FakeAgent agent([](const Call&) { return list_of(session_json("web", "alice", "stopped")); });
  const auto ended = typed(agent.socket(), {"ssh", "web"});
  CHECK(ended.exit == Exit::refused);
  CHECK(ended.err.find("berth start web\n") != std::string::npos);
  CHECK(typed(agent.socket(), {"ssh", "web", "--user", "alice"}).err.find("berth start web --user alice\n") !=
        std::string::npos);
}

TEST_CASE("stored events are printed, one a line") {
  const json event{{"id", 7},
                   {"time", "2026-02-03T04:05:06.789Z"},
                   {"type", "session.running"},
                   {"user", "alice"},
                   {"session", session_id},
                   {"operation", nullptr},
                   {"data", {{"name", "a\x1b[2J"}}}};
  const FakeAgent agent([&](const Call&) {
    return Reply{200, ": hello\n\nid: 7\nevent: session.running\ndata: " + event.dump() + "\n\n", "text/event-stream"};
  });
  const auto text = typed(agent.socket(), {"events", "--session", session_id}).out;
  CHECK(text == "2026-02-03T04:05:06Z  session.running      alice     name=a\\x1b[2J  " + session_id + "\n");
  CHECK(json::parse(typed(agent.socket(), {"events", "--json"}).out) == event);
  CHECK(agent.calls().front().query.at("session") == session_id);
  CHECK(agent.calls().front().query.at("follow") == "no");
}

TEST_CASE("stored events that cannot all be read are a failure") {
  const FakeAgent agent([](const Call&) { return Reply{200, ": hello\n\n", "text/event-stream", true}; });
  CHECK(typed(agent.socket(), {"events"}).exit == Exit::unavailable);
}
