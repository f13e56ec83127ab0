// SPDX-License-Identifier: LGPL-2.1-or-later
#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "agent/engine/engine_threads.hpp"
#include "agent/engine/queue.hpp"
#include "world.hpp"

using namespace berth;
using namespace berth::agent;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// The engine with its threads, on real time.
struct Fixture {
  Fixture() {
    world.add_image();
    world.settings.shutdown_within = seconds(1);
  }
  ~Fixture() { world.engine->stop(); }

  void start() {
    world.engine->start([this](const Error&) { refused = true; });
  }
  bool until(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + seconds(20);
    for (std::uint64_t seen = 0; std::chrono::steady_clock::now() < end; seen = world.events->newest()) {
      if (holds()) return true;
      world.events->wait(seen, milliseconds(50));
    }
    return false;
  }
  bool all_are(Phase phase, std::size_t count) {
    const auto all = world.sessions->list({}).value();
    return all.size() == count && std::ranges::all_of(all, [&](const Session& s) { return s.phase == phase; });
  }

  World world;
  std::atomic<bool> refused = false;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "The engine brings sessions up side by side, notices their guests' ends, and clears away") {
  start();
  REQUIRE(until([&] { return world.engine->recovery().done; }));
  for (const auto* user : {"alice", "bob"})
    for (const auto* name : {"one", "two", "three"})
      REQUIRE(world.sessions->create(world.request(name, user), std::nullopt));
  REQUIRE(until([&] { return all_are(Phase::running, 6); }));
  const auto all = world.sessions->list({}).value();
  for (const auto& session : all) world.power_off(session.machines[0].id, MachineEvent::shutdown);
  REQUIRE(until([&] { return all_are(Phase::stopped, 6); }));
  for (const auto& session : all) REQUIRE(world.sessions->terminate(session.id));
  REQUIRE(until([&] { return all_are(Phase::terminating, 0); }));
  CHECK(world.on_host().empty());
}

TEST_CASE_METHOD(Fixture,
                 "Of a user's last sessions that go at the same time one takes the network and the key along") {
  start();
  REQUIRE(until([&] { return world.engine->recovery().done; }));
  for (int round = 0; round < 20; ++round) {
    for (const auto* name : {"one", "two", "three"}) REQUIRE(world.sessions->create(world.request(name), std::nullopt));
    REQUIRE(until([&] { return all_are(Phase::running, 3); }));
    const auto all = world.sessions->list({}).value();
    for (const auto& session : all) REQUIRE(world.sessions->terminate(session.id));
    REQUIRE(until([&] { return all_are(Phase::terminating, 0); }));
    REQUIRE(world.on_host().empty());
  }
}

TEST_CASE_METHOD(Fixture, "Recovery waits for the hypervisor manager, says so, and counts sessions") {
  world.running("work");
  world.restart();
  world.hypervisor_dies_at(0, World::Reply::before, seconds(3600));
  start();
  REQUIRE(until([&] { return !world.engine->recovery().waiting_for.empty(); }));
  CHECK(!world.engine->recovery().done);
  world.clock.advance(seconds(7200));
  REQUIRE(until([&] { return world.engine->recovery().done; }));
  CHECK(world.engine->recovery().sessions_total == 1);
  CHECK(world.engine->recovery().sessions_done == 1);
}

TEST_CASE_METHOD(Fixture, "The engine refuses to work beside objects that its empty database does not know") {
  world.objects[Kind::domain][Id::make()] = KeySpec{};
  start();
  CHECK(until([&] { return refused.load(); }));
  CHECK(!world.engine->recovery().done);
  CHECK(world.on_host().size() == 1);
}

TEST_CASE_METHOD(Fixture, "The engine notices by itself when a session's time is over") {
  const auto session = world.running("work");
  start();
  REQUIRE(until([&] { return world.engine->recovery().done; }));
  world.clock.advance_to(session.expires_at);
  const auto begun = std::chrono::steady_clock::now();
  REQUIRE(until([&] {
    const auto now = world.sessions->get(session.id);
    return !now || now->goal == Goal::terminated;
  }));
  CHECK(std::chrono::steady_clock::now() - begun < seconds(3));  // 250 ms, and time for a machine that is busy
}

TEST_CASE_METHOD(Fixture, "A lost connection that comes back is followed by a reconciliation") {
  world.running("work");
  start();
  REQUIRE(until([&] { return world.engine->recovery().done; }));
  const Id stranger = Id::make();
  {
    const std::lock_guard lock(world.mutex);
    world.objects[Kind::domain][stranger] = KeySpec{};
    world.objects[Kind::volume][stranger] = KeySpec{};
  }
  world.reconnect();
  CHECK(until([&] { return world.engine->unknown().size() == 1; }));
  const std::lock_guard lock(world.mutex);
  CHECK(!world.objects[Kind::domain].contains(stranger));
}

TEST_CASE_METHOD(Fixture, "A bug ends neither a worker nor the keeper: the work is tried again") {
  std::atomic<int> faults = 0;
  world.listing = [&] {
    if (++faults < 3) throw std::logic_error("a bug in listing");
  };
  world.meanwhile = {{Kind::volume, [] { throw std::logic_error("a bug in applying"); }}};
  start();
  REQUIRE(until([&] { return world.engine->recovery().done; }));
  REQUIRE(world.sessions->create(world.request("work"), std::nullopt));
  CHECK(until([&] { return all_are(Phase::running, 1); }));
  faults = 0;
  world.reconnect();
  world.power_off(world.sessions->list({})->at(0).machines[0].id, MachineEvent::shutdown);
  CHECK(until([&] { return faults > 0 && all_are(Phase::stopped, 1); }));
}

TEST_CASE_METHOD(Fixture, "A worker that hangs is noticed") {
  std::promise<void> released;
  world.meanwhile = {{Kind::volume, [wait = released.get_future().share()] { wait.wait(); }}};
  start();
  REQUIRE(until([&] { return world.engine->recovery().done; }));
  REQUIRE(world.sessions->create(world.request("work"), std::nullopt));
  REQUIRE(until([&] { return world.meanwhile.empty(); }));
  CHECK(world.engine->alive());
  world.clock.advance(std::chrono::hours(1));
  CHECK(until([&] { return !world.engine->alive(); }));
  std::this_thread::sleep_for(milliseconds(600));  // the keeper beats meanwhile
  CHECK(!world.engine->alive());
  released.set_value();
  CHECK(until([&] { return all_are(Phase::running, 1); }));
  CHECK(until([&] { return world.engine->alive(); }));
}

TEST_CASE("Host limits that are not set come from what the host has") {
  World world;
  world.settings.limits.host = {7, 0, 0, 5 * GiB};
  world.engine->start([](const Error&) {});
  for (int i = 0; i < 200 && !world.engine->recovery().done; ++i) std::this_thread::sleep_for(milliseconds(10));
  const auto limits = world.engine->host_limits();
  world.engine->stop();
  CHECK(limits.sessions == 7);
  CHECK(limits.cpus == 16);
  CHECK(limits.memory == 8 * GiB / 100 * 90);
  CHECK(limits.disk == 5 * GiB);
}

TEST_CASE("The queue gives an owner's sessions to so many workers, and goes on with others'") {
  std::map<SessionId, std::string> owners;
  std::vector<SessionId> mine;
  for (int i = 0; i < 3; ++i) owners[mine.emplace_back(SessionId::make())] = "mine";
  const auto other = SessionId::make();
  owners[other] = "other";
  Queue queue([&](const SessionId& session) { return owners.at(session); }, 2);
  for (const auto& session : mine) queue.add(session);
  const auto first = queue.take().value();
  REQUIRE(queue.take());
  queue.add(other);
  CHECK(queue.take() == other);
  queue.done(other);
  queue.done(first);
  CHECK(owners[queue.take().value()] == "mine");
  queue.add(first);
  std::atomic<bool> got = false;
  std::thread worker([&] { got = queue.take().has_value(); });
  std::this_thread::sleep_for(milliseconds(50));
  CHECK(!got);
  queue.close();
  worker.join();
}

TEST_CASE_METHOD(Fixture, "Guests that keep workers waiting keep no other user's sessions") {
  std::vector<SessionId> hostile;
  for (const auto* name : {"one", "two", "three", "four"}) hostile.push_back(world.running(name, "mallory").id);
  for (const auto& id : hostile) REQUIRE(world.sessions->add_ssh_key(id, test_key(2)));
  std::promise<void> released;
  world.asked_for_keys = [wait = released.get_future().share()] { wait.wait(); };
  start();
  REQUIRE(world.sessions->create(world.request("work", "alice"), std::nullopt));
  CHECK(until([&] {
    SessionFilter filter;
    filter.user = "alice";
    const auto sessions = world.sessions->list(filter).value();
    return sessions.size() == 1 && sessions[0].phase == Phase::running;
  }));
  released.set_value();
}

TEST_CASE("The queue gives a session to one worker at a time, in due time, and again when it was added meanwhile") {
  Queue queue([](const SessionId& session) { return session.str(); }, 1);
  const auto a = SessionId::make(), b = SessionId::make();
  queue.add(a, milliseconds(30));
  queue.add(b);
  CHECK(queue.take() == b);
  queue.add(b);
  CHECK(queue.take() == a);
  queue.add(a, seconds(3600));
  queue.done(b);
  CHECK(queue.take() == b);
  queue.done(a);
  queue.add(a);
  CHECK(queue.take() == a);
  std::thread closer([&] { queue.close(); });
  CHECK(queue.take() == std::nullopt);
  closer.join();
}
