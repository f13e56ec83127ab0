// SPDX-License-Identifier: LGPL-2.1-or-later
// The whole API over a fake host and a real store, without a socket.
#include <catch2/catch.hpp>
#include <thread>

#include "agent/api/admin.hpp"
#include "agent/api/api.hpp"
#include "agent/api/events.hpp"
#include "agent/api/health.hpp"
#include "agent/api/images.hpp"
#include "agent/api/sessions.hpp"
#include "agent/images.hpp"
#include "agent/store/events.hpp"
#include "core/json.hpp"
#include "tests/unit/agent/world.hpp"

using namespace berth;
using namespace berth::agent;
using nlohmann::json;

namespace {

std::vector<ApiRoute> joined(std::initializer_list<std::vector<ApiRoute>> lists) {
  std::vector<ApiRoute> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

struct Answered {
  int status;
  json body;
  std::map<std::string, std::string> headers;
};

/// Takes a stream's bytes until it has seen enough.
struct Listener : HttpSink {
  std::string text;
  std::size_t largest = 0;  ///< of the pieces
  std::function<bool()> enough = [] { return false; };
  bool write(std::string_view bytes) override {
    text += bytes;
    largest = std::max(largest, bytes.size());
    return true;
  }
  bool open() override { return !enough(); }
};

class ApiOverWorld {
 public:
  ApiOverWorld() { world.add_image(); }

  Answered ask(const std::string& method, const std::string& target, const std::string& body = "",
               std::map<std::string, std::string> headers = {}) {
    HttpRequest request{.method = method, .target = target, .body = body, .header = [&](const std::string& name) {
                          return headers[name];
                        }};
    auto answer = api.handle(request);
    Answered answered{answer.status, answer.body.empty() ? json() : json::parse(answer.body), {}};
    answered.headers.insert(answer.headers.begin(), answer.headers.end());
    return answered;
  }

  void listen(const std::string& query, Listener& listener, const std::string& last = "") {
    const auto target = "/api/v1/events" + query;
    HttpRequest request{.method = "GET", .target = target, .header = [&](const std::string& name) {
                          return name == "Last-Event-ID" ? last : "";
                        }};
    auto answer = api.handle(request);
    REQUIRE(answer.status == 200);
    answer.stream(listener);
  }

  void check_refused(const Answered& answer, Code code) {
    INFO(answer.body.dump());
    CHECK(answer.status == http_status(code));
    CHECK(answer.body["code"] == wire_name(code));
    CHECK(answer.body["message"].is_string());
    CHECK(answer.body["details"].is_object());
    CHECK(answer.body["timestamp"].is_string());
    CHECK(answer.body["request_id"] == answer.headers.at("X-Request-Id"));
  }

  std::string create(const std::string& name = "web", const std::string& more = "") {
    const auto answer =
        ask("POST", "/api/v1/sessions",
            R"({"user":"alice","image":"tiny","cpus":1,"memory_bytes":134217728,"disk_bytes":268435456,"name":")" +
                name + "\"" + more + "}");
    INFO(answer.body.dump());
    REQUIRE(answer.status == 202);
    CHECK(answer.headers.at("Location") == "/api/v1/operations/" + answer.body["operation"]["id"].get<std::string>());
    world.settle();
    return answer.body["session"]["id"];
  }

  World world;
  Recovery recovery{true, 0, 0, ""};
  HostHealth health{world};
  HttpMetrics http;
  Images images{*world.store, world, world.clock};
  Api api{joined({session_routes(*world.sessions),
                  image_routes(images),
                  event_routes(*world.events, *world.sessions),
                  admin_routes(*world.sessions, *world.engine, health, [] { return std::string("# page\n"); }),
                  {{.method = "GET",
                    .pattern = "/throws",
                    .action = [](ApiCall&) -> Result<HttpAnswer> { throw std::runtime_error("secret"); }}}}),
          http,
          {.recovery = [this] { return recovery; }, .version = [this] { return world.store->version(); }}};
};

}  // namespace

TEST_CASE("a session is created, shown, listed and moved") {
  ApiOverWorld berth;
  const auto id = berth.create();
  const auto shown = berth.ask("GET", "/api/v1/sessions/" + id);
  REQUIRE(shown.status == 200);
  CHECK(shown.body["phase"] == "running");
  CHECK(shown.body["user"] == "alice");
  CHECK(shown.body["reason"].is_null());
  CHECK(shown.body["machines"][0]["ssh"]["port"] == 22);
  CHECK(shown.body["machines"][0]["ssh"]["host_port"].get<int>() >= 20000);
  CHECK(berth.ask("GET", "/api/v1/sessions?user=alice&phase=running").body["items"].size() == 1);
  CHECK(berth.ask("GET", "/api/v1/sessions?user=bob").body["items"].empty());
  CHECK(berth.ask("POST", "/api/v1/sessions/" + id + "/actions/stop").status == 202);
  berth.world.settle();
  CHECK(berth.ask("GET", "/api/v1/sessions/" + id).body["phase"] == "stopped");
  CHECK(berth.ask("POST", "/api/v1/sessions/" + id + "/actions/extend", R"({"seconds":60})").status == 200);
  const auto ended = berth.ask("DELETE", "/api/v1/sessions/" + id);
  CHECK(ended.status == 202);
  berth.world.settle();
  berth.check_refused(berth.ask("GET", "/api/v1/sessions/" + id), Code::not_found);
  CHECK(berth.ask("GET", "/api/v1/operations/" + ended.body["operation"]["id"].get<std::string>()).body["state"] ==
        "succeeded");
}

TEST_CASE("what was asked for before is answered anew after every change") {
  ApiOverWorld berth;
  const auto id = berth.create();
  const auto before = berth.ask("GET", "/api/v1/sessions/" + id).body;
  CHECK(berth.ask("GET", "/api/v1/sessions/" + id).body == before);
  REQUIRE(berth.ask("POST", "/api/v1/sessions/" + id + "/actions/extend", R"({"seconds":60})").status == 200);
  CHECK(berth.ask("GET", "/api/v1/sessions/" + id).body["expires_at"] != before["expires_at"]);
  CHECK(berth.ask("GET", "/api/v1/sessions").body["items"].size() == 1);
  REQUIRE(berth.ask("DELETE", "/api/v1/sessions/" + id).status == 202);
  berth.world.settle();
  CHECK(berth.ask("GET", "/api/v1/sessions/" + id).status == 404);
  CHECK(berth.ask("GET", "/api/v1/sessions").body["items"].empty());
}

TEST_CASE("a key is added, and removed by its encoded fingerprint") {
  ApiOverWorld berth;
  const auto keys = "/api/v1/sessions/" + berth.create() + "/ssh-keys";
  CHECK(berth.ask("POST", keys, R"({"key":")" + test_key(7).line() + "\"}").status == 202);
  berth.world.settle();
  const auto key = test_key(7);
  std::string encoded;
  for (const char c : key.fingerprint()) encoded += c == '/' ? "%2F" : c == '+' ? "%2B" : std::string(1, c);
  CHECK(berth.ask("DELETE", keys + "/" + encoded).status == 202);
  berth.world.settle();
  berth.check_refused(berth.ask("DELETE", keys + "/" + encoded), Code::not_found);
}

TEST_CASE("a list comes page by page") {
  ApiOverWorld berth;
  for (const char* name : {"a", "b", "c"}) berth.create(name);
  const auto first = berth.ask("GET", "/api/v1/sessions?limit=2");
  CHECK(first.body["items"].size() == 2);
  const auto next = first.body["next"].get<std::string>();
  const auto second = berth.ask("GET", "/api/v1/sessions?limit=2&after=" + next);
  CHECK(second.body["items"].size() == 1);
  CHECK(second.body["next"].is_null());
  CHECK(berth.ask("GET", "/api/v1/sessions?limit=3").body["next"].is_null());
}

TEST_CASE("the same idempotency key gives the same session, and no other request") {
  ApiOverWorld berth;
  const std::string body = R"({"user":"alice","name":"web","image":"tiny","disk_bytes":268435456})";
  const auto first = berth.ask("POST", "/api/v1/sessions", body, {{"Idempotency-Key", "once"}});
  const auto again = berth.ask("POST", "/api/v1/sessions", body, {{"Idempotency-Key", "once"}});
  CHECK(first.status == 202);
  CHECK(again.body["session"]["id"] == first.body["session"]["id"]);
  const std::string other = R"({"user":"alice","name":"other","image":"tiny","disk_bytes":268435456})";
  berth.check_refused(berth.ask("POST", "/api/v1/sessions", other, {{"Idempotency-Key", "once"}}),
                      Code::idempotency_conflict);
  berth.check_refused(berth.ask("POST", "/api/v1/sessions", other, {{"Idempotency-Key", std::string(129, 'k')}}),
                      Code::invalid_field);
}

TEST_CASE("refusals have one form and the right code") {
  ApiOverWorld berth;
  const std::string nobody(26, '0');
  berth.check_refused(berth.ask("GET", "/api/v1/nothing"), Code::no_such_route);
  const auto wrong_method = berth.ask("PUT", "/api/v1/sessions");
  berth.check_refused(wrong_method, Code::method_not_allowed);
  CHECK(wrong_method.headers.at("Allow") == "GET, HEAD, POST");
  berth.check_refused(berth.ask("GET", "/api/v1/sessions/" + nobody), Code::not_found);
  berth.check_refused(berth.ask("GET", "/api/v1/sessions/%2e%2e%2fx"), Code::invalid_field);
  berth.check_refused(berth.ask("GET", "/api/v1/sessions?colour=red"), Code::invalid_field);
  berth.check_refused(berth.ask("GET", "/api/v1/sessions?limit=-1"), Code::invalid_field);
  berth.check_refused(berth.ask("GET", "/api/v1/sessions", "body"), Code::malformed_request);
  berth.check_refused(berth.ask("GET", "/api/v1/sessions?phase=gone"), Code::invalid_field);
  berth.check_refused(berth.ask("DELETE", "/api/v1/images/none"), Code::not_found);
  berth.check_refused(berth.ask("POST", "/api/v1/sessions", R"({"user":"a","name":"b","image":"none"})"),
                      Code::not_found);
}

TEST_CASE("a request's id is the client's where it is harmless") {
  ApiOverWorld berth;
  CHECK(berth.ask("GET", "/healthz", "", {{"X-Request-Id", "abc-1.2_3"}}).headers.at("X-Request-Id") == "abc-1.2_3");
  for (const std::string& evil :
       {std::string("a\r\nInjected: b"), std::string("a b"), std::string(65, 'a'), std::string("\xff")})
    CHECK(berth.ask("GET", "/healthz", "", {{"X-Request-Id", evil}}).headers.at("X-Request-Id").size() ==
          Id::text_length);
}

TEST_CASE("an exception's text stays inside") {
  ApiOverWorld berth;
  const auto answer = berth.ask("GET", "/throws");
  berth.check_refused(answer, Code::internal);
  CHECK_FALSE(answer.body.dump().contains("secret"));
}

TEST_CASE("until recovery is done, only what tells about it is answered") {
  ApiOverWorld berth;
  berth.recovery = {false, 5, 2, "the hypervisor manager"};
  const auto answer = berth.ask("GET", "/api/v1/sessions");
  berth.check_refused(answer, Code::starting);
  CHECK(answer.body["details"]["sessions_done"] == "2");
  CHECK(answer.headers.contains("Retry-After"));
  CHECK(berth.ask("GET", "/healthz").status == 200);
  CHECK(berth.ask("GET", "/api/v1/admin/health").status == 200);
  berth.check_refused(berth.ask("GET", "/api/v1/events"), Code::starting);
}

TEST_CASE("health shows a hypervisor manager that is away as a failed check") {
  ApiOverWorld berth;
  CHECK(berth.ask("GET", "/api/v1/admin/health").body["hypervisor"]["checks"].is_array());
  ApiOverWorld away;
  away.world.hypervisor_dies_at(0, World::Reply::before, std::chrono::seconds(1000));
  const auto answer = away.ask("GET", "/api/v1/admin/health");
  CHECK(answer.status == 200);
  CHECK(answer.body["hypervisor"]["checks"][0]["state"] == "failed");
}

TEST_CASE("an operation's stream tells it from its beginning and ends with it") {
  ApiOverWorld berth;
  const auto accepted =
      berth.ask("POST", "/api/v1/sessions", R"({"user":"alice","name":"web","image":"tiny","disk_bytes":268435456})");
  const auto operation = accepted.body["operation"]["id"].get<std::string>();
  berth.world.settle();
  Listener listener;
  berth.listen("?operation=" + operation, listener);
  CHECK(listener.text.contains("event: operation.progress\n"));
  const auto last = listener.text.rfind("event: ");
  CHECK(listener.text.substr(last).starts_with("event: operation.succeeded\n"));
  CHECK(listener.text.ends_with("\n\n"));
}

TEST_CASE("a stream goes on where the client left it") {
  ApiOverWorld berth;
  berth.create();
  const auto newest = berth.world.events->newest();
  Listener all, rest, header, none;
  all.enough = [&] { return all.text.contains("id: " + std::to_string(newest) + "\n"); };
  berth.listen("?after=0", all);
  CHECK(all.text.contains("\nid: 1\n"));
  rest.enough = [&] { return rest.text.contains("id: " + std::to_string(newest) + "\n"); };
  berth.listen("?after=" + std::to_string(newest - 2), rest);
  CHECK(rest.text.contains("id: " + std::to_string(newest - 1) + "\n"));
  CHECK_FALSE(rest.text.contains("id: " + std::to_string(newest - 2) + "\n"));
  header.enough = [&] { return header.text.contains("id: " + std::to_string(newest) + "\n"); };
  berth.listen("?after=0", header, std::to_string(newest - 1));
  CHECK_FALSE(header.text.contains("id: 1\n"));
  int looks = 0;
  none.enough = [&] { return looks++ > 0; };
  berth.listen("", none);
  CHECK_FALSE(none.text.contains("id: "));
}

TEST_CASE("a stream tells another user's events to nobody who did not ask for them") {
  ApiOverWorld berth;
  berth.create();
  Listener bob;
  int looks = 0;
  bob.enough = [&] { return looks++ > 0; };
  berth.listen("?after=0&user=bob", bob);
  CHECK_FALSE(bob.text.contains("id: "));
}

TEST_CASE("a client that asks for events that are gone is told so") {
  ApiOverWorld berth;
  berth.create();
  const auto newest = berth.world.events->newest();
  Listener listener;
  int looks = 0;
  listener.enough = [&] { return looks++ > 0; };
  berth.listen("?after=" + std::to_string(newest + 1000), listener);
  CHECK(listener.text.contains("id: " + std::to_string(newest) + "\nevent: events.lost\n"));
  REQUIRE(berth.world.store->write([](Database& db) -> Result<void> {
    db.run("DELETE FROM events WHERE id <= 3");
    return {};
  }));
  Listener late;
  late.enough = [&] { return late.text.contains("id: " + std::to_string(newest) + "\n"); };
  berth.listen("", late, "1");
  CHECK(late.text.contains("id: 3\nevent: events.lost\n"));
  CHECK(late.text.contains("\"asked_for\":1"));
  CHECK(late.text.contains("\nid: 4\n"));
  Listener in_time;
  in_time.enough = [&] { return in_time.text.contains("id: " + std::to_string(newest) + "\n"); };
  berth.listen("", in_time, "3");
  CHECK_FALSE(in_time.text.contains("events.lost"));
}

TEST_CASE("a client too slow for what is kept is told of the gap in between") {
  ApiOverWorld berth;
  const auto write = [&](int count) {
    for (int i = 0; i < count; ++i)
      REQUIRE(berth.world.store->write([](Database& db) -> Result<void> {
        append_event(db, Time{}, Event{0, {}, "one", {}, {}, {}, "{}"});
        return {};
      }));
  };
  write(150);  // more than are read at once
  Listener slow;
  bool forgotten = false;
  slow.enough = [&] {
    if (!forgotten && slow.text.contains("id: 100\n")) {
      write(150);
      REQUIRE(berth.world.store->write(
          [](Database& db) -> Result<int> { return db.run("DELETE FROM events WHERE id <= 250"); }));
      forgotten = true;
    }
    return slow.text.contains("id: 300\n");
  };
  berth.listen("?after=0", slow);
  CHECK(slow.text.contains("id: 250\nevent: events.lost\n"));
  CHECK(slow.text.contains("\"asked_for\":100,\"newest\":300,\"oldest\":251"));
  CHECK(slow.text.contains("id: 251\n"));
}

TEST_CASE("who does not follow is told all that is there, and the stream ends") {
  ApiOverWorld berth;
  for (int i = 0; i < 9; ++i) berth.create("web" + std::to_string(i));  // more than one batch of events
  const auto newest = berth.world.events->newest();
  REQUIRE(newest > 64);
  Listener all, rest, none, pruned;
  berth.listen("?follow=no", all);
  CHECK(all.text.contains("\nid: 1\n"));
  CHECK(all.text.contains("\nid: " + std::to_string(newest) + "\n"));
  berth.listen("?follow=no&after=" + std::to_string(newest - 1), rest);
  CHECK(rest.text.contains("\nid: " + std::to_string(newest) + "\n"));
  CHECK_FALSE(rest.text.contains("\nid: " + std::to_string(newest - 1) + "\n"));
  berth.listen("?follow=no&session=" + std::string(26, '0'), none);
  CHECK_FALSE(none.text.contains("id: "));
  REQUIRE(berth.world.store->write([](Database& db) -> Result<void> {
    db.run("DELETE FROM events WHERE id <= 3");
    return {};
  }));
  berth.listen("?follow=no", pruned);
  CHECK_FALSE(pruned.text.contains("events.lost"));
  CHECK(pruned.text.contains("\nid: 4\n"));
}

TEST_CASE("a stream writes no more at a time than may be unsent") {
  ApiOverWorld berth;
  REQUIRE(berth.world.store->write([&](Database& db) -> Result<void> {
    for (int i = 0; i < 100; ++i)
      append_event(db, berth.world.clock.now(),
                   {.type = "a.test",
                    .user = {},
                    .session = {},
                    .operation = {},
                    .data = R"({"a":")" + std::string(10'000, 'x') + "\"}"});
    return {};
  }));
  Listener client;
  berth.listen("?follow=no", client);
  CHECK(client.text.size() > 1'000'000);
  CHECK(client.largest <= 64 * 1024);
}

TEST_CASE("a stream's wishes are checked") {
  ApiOverWorld berth;
  berth.check_refused(berth.ask("GET", "/api/v1/events?follow=maybe"), Code::invalid_field);
  berth.check_refused(berth.ask("GET", "/api/v1/events?operation=" + std::string(26, '0')), Code::not_found);
  berth.check_refused(berth.ask("GET", "/api/v1/events?after=x"), Code::invalid_field);
  berth.check_refused(berth.ask("GET", "/api/v1/events", "", {{"Last-Event-ID", "-1"}}), Code::invalid_field);
  berth.check_refused(berth.ask("GET", "/api/v1/events?colour=red"), Code::invalid_field);
}
