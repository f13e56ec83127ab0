// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch.hpp>

#include "agent/engine/converge.hpp"
#include "agent/engine/reconciler.hpp"
#include "world.hpp"

using namespace berth;
using namespace berth::agent;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

struct Fixture {
  Fixture() { world.add_image(); }
  World world;
  std::vector<std::string> types_of(const SessionId& id) {
    EventFilter filter;
    filter.session = id;
    const auto events = world.events->after(0, filter, 1000).value();
    std::vector<std::string> types;
    for (const auto& event : events)
      if (event.type != "operation.progress") types.push_back(event.type);
    return types;
  }
};

bool has(const Things& things, Kind kind, const Id& id) {
  return things.contains({kind, id});
}

}  // namespace

TEST_CASE_METHOD(Fixture, "A guest that powers off makes its session stopped") {
  const auto session = world.running("work");
  world.power_off(session.machines[0].id, MachineEvent::shutdown);
  world.settle();
  CHECK(world.session(session.id).phase == Phase::stopped);
  CHECK(world.session(session.id).goal == Goal::stopped);
  CHECK(types_of(session.id).back() == "session.stopped");
  CHECK(world.on_host() == world.in_store());
}

TEST_CASE_METHOD(Fixture, "A guest that crashes, or ends unseen, makes its session failed and keeps its volume") {
  const bool seen = GENERATE(true, false);
  const auto session = world.running("work");
  world.power_off(session.machines[0].id, MachineEvent::crashed, seen);
  world.settle();
  const auto now = world.session(session.id);
  CHECK(now.phase == Phase::failed);
  CHECK(now.reason->code == Code::guest_stopped);
  CHECK(has(world.on_host(), Kind::volume, session.machines[0].volume));
  CHECK(has(world.on_host(), Kind::key, session.user));
  CHECK(world.on_host() == world.in_store());
  REQUIRE(world.sessions->start(session.id));
  world.settle();
  CHECK(world.session(session.id).phase == Phase::running);
  CHECK(!world.session(session.id).reason);
}

TEST_CASE_METHOD(Fixture, "After a boot of the host sessions that ran are started again, those that rested are not") {
  const auto runs = world.running("runs"), rests = world.running("rests");
  REQUIRE(world.sessions->stop(rests.id));
  world.settle();
  REQUIRE(world.recover());
  world.reboot_host();
  world.restart();
  REQUIRE(world.recover());
  CHECK(world.session(runs.id).phase == Phase::starting);
  world.settle();
  CHECK(world.session(runs.id).phase == Phase::running);
  CHECK(world.session(rests.id).phase == Phase::stopped);
  CHECK(world.boots[runs.machines[0].id] == 2);
  CHECK(world.on_host() == world.in_store());
}

TEST_CASE_METHOD(Fixture, "A boot of the host in the middle of a creation begins it anew") {
  REQUIRE(world.recover());
  world.guests_answer = false;
  world.settings.ready_within = seconds(1000);
  const auto accepted = world.sessions->create(world.request("work"), std::nullopt).value();
  world.die_at(40);
  CHECK_THROWS_AS(world.settle(), Died);
  REQUIRE(world.on_host().size() == 5);
  world.reboot_host();
  world.restart();
  world.guests_answer = true;
  REQUIRE(world.recover());
  world.settle();
  CHECK(world.operation(accepted.operation.id).state == OperationState::succeeded);
  CHECK(world.on_host() == world.in_store());
}

TEST_CASE_METHOD(Fixture, "What passes packets is mended while the guest goes on") {
  const auto session = world.running("work");
  const auto before = world.on_host();
  world.objects[Kind::network].clear();
  world.objects[Kind::firewall].clear();
  world.settle();
  CHECK(world.on_host() == before);
  CHECK(world.boots[session.machines[0].id] == 1);
}

TEST_CASE_METHOD(Fixture,
                 "Unknown domains, firewall entries and networks are removed, volumes and keys are only reported") {
  world.running("work");
  const auto before = world.on_host();
  const Id stranger = Id::make();
  for (const auto kind : kinds) world.objects[kind][stranger] = KeySpec{};
  const auto findings = sweep(*world.with).value();
  CHECK(findings.removed.size() == 3);
  CHECK(findings.kept.size() == 2);
  auto after = before;
  after.emplace(Kind::key, stranger);
  after.emplace(Kind::volume, stranger);
  CHECK(world.on_host() == after);
}

TEST_CASE_METHOD(Fixture, "A machine that runs although its session rests is ended") {
  const auto session = world.running("work");
  const auto spec = world.objects[Kind::domain].at(session.machines[0].id);
  REQUIRE(world.sessions->stop(session.id));
  world.settle();
  world.objects[Kind::domain][session.machines[0].id] = spec;
  world.settle();
  CHECK(world.on_host() == world.in_store());
}

TEST_CASE_METHOD(Fixture, "An empty database beside marked objects is refused, unless told otherwise") {
  world.objects[Kind::volume][Id::make()] = KeySpec{};
  const auto refused = world.recover();
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::wrong_state);
  CHECK(world.on_host().size() == 1);
  world.settings.adopt_nothing = true;
  CHECK(world.recover());
  CHECK(world.on_host().size() == 1);
}

TEST_CASE_METHOD(Fixture, "A volume that is lost is never replaced by an empty one") {
  const auto session = world.running("work");
  REQUIRE(world.sessions->stop(session.id));
  world.settle();
  world.objects[Kind::volume].clear();
  REQUIRE(world.sessions->start(session.id));
  world.settle();
  CHECK(world.session(session.id).phase == Phase::failed);
  CHECK(world.session(session.id).reason->code == Code::storage_failed);
  CHECK(world.objects[Kind::volume].empty());
}

TEST_CASE_METHOD(Fixture, "A session ends when its time is over, not before") {
  const auto session = world.running("work");
  world.clock.advance_to(session.expires_at - milliseconds(1));
  CHECK(expire(*world.with)->empty());
  world.clock.advance_to(session.expires_at);
  CHECK(expire(*world.with)->size() == 1);
  CHECK(expire(*world.with)->empty());
  world.settle();
  CHECK(world.on_host().empty());
  CHECK(types_of(session.id) == std::vector<std::string>{"session.created", "session.running", "operation.succeeded",
                                                         "session.expired", "session.terminated",
                                                         "operation.succeeded"});
}

TEST_CASE_METHOD(Fixture, "A guest has its time to power off from when it was asked, however late that was") {
  const auto session = world.running("work");
  const auto accepted = world.sessions->stop(session.id).value();
  world.hypervisor_dies_at(1, World::Reply::before,
                           2 * std::chrono::duration_cast<seconds>(world.settings.shutdown_within));
  world.settle();
  CHECK(world.operation(accepted.operation.id).state == OperationState::succeeded);
  CHECK(world.with->watch.end_of(session.machines[0].id) == MachineEvent::shutdown);
}

TEST_CASE_METHOD(Fixture, "A guest that does not obey has its power cut at the deadline") {
  const auto session = world.running("work");
  world.guests_obey = false;
  const auto asked = world.clock.now();
  const auto accepted = world.sessions->stop(session.id).value();
  world.settle();
  CHECK(world.operation(accepted.operation.id).state == OperationState::succeeded);
  CHECK(world.clock.now() - asked >= world.settings.shutdown_within);
  CHECK(world.clock.now() - asked < world.settings.shutdown_within + seconds(2));
  CHECK(world.on_host() == world.in_store());
}

TEST_CASE_METHOD(Fixture, "A guest that never answers fails at the deadline, and says what was missing") {
  world.guests_answer = false;
  const auto asked = world.clock.now();
  const auto accepted = world.sessions->create(world.request("work"), std::nullopt).value();
  world.settle();
  const auto operation = world.operation(accepted.operation.id);
  CHECK(operation.error->code == Code::not_ready);
  CHECK(describe(*operation.error).find("guest agent") != std::string::npos);
  CHECK(world.clock.now() - asked < world.settings.ready_within + seconds(2));
  CHECK(world.on_host().empty());
}

TEST_CASE_METHOD(Fixture, "What cannot be removed keeps nothing else from being removed, and is tried until it works") {
  const auto stuck = GENERATE(Kind::key, Kind::volume, Kind::network, Kind::firewall, Kind::domain);
  const auto session = world.running("work");
  world.stuck = {{stuck, Error{Code::storage_failed, "somebody holds it"}}};
  const auto accepted = world.sessions->terminate(session.id).value();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(converge(*world.with, session.id));
    const auto left = world.on_host();
    CHECK(left.size() == 1);
    CHECK(left.begin()->first == stuck);
  }
  CHECK(world.operation(accepted.operation.id).step.find("somebody holds it") != std::string::npos);
  CHECK(world.session(session.id).phase == Phase::terminating);
  world.stuck.clear();
  world.settle();
  CHECK(world.on_host().empty());
  CHECK(world.operation(accepted.operation.id).state == OperationState::succeeded);
}

TEST_CASE_METHOD(Fixture, "The pause grows while a removal keeps failing, although others beside it work") {
  const auto session = world.running("work");
  world.stuck = {{Kind::domain, Error{Code::libvirt_failed, "libvirtd is away"}}};
  REQUIRE(world.sessions->terminate(session.id));
  milliseconds pause(0);
  for (int attempt = 0; attempt < 8; ++attempt) {
    const auto next = converge(*world.with, session.id).value();
    REQUIRE(next);
    CHECK((*next > pause || *next == seconds(10)));
    pause = *next;
    world.clock.advance(pause);
  }
  CHECK(pause == seconds(10));
}

TEST_CASE_METHOD(Fixture, "A termination waits for the hypervisor manager as long as it takes, and shows why") {
  const auto session = world.running("work");
  world.hypervisor_dies_at(0, World::Reply::before, std::chrono::hours(3));
  const auto accepted = world.sessions->terminate(session.id).value();
  const auto asked = world.clock.now();
  world.settle();
  CHECK(world.clock.now() - asked >= std::chrono::hours(3));
  CHECK(world.operation(accepted.operation.id).state == OperationState::succeeded);
  EventFilter filter;
  filter.operation = accepted.operation.id;
  const auto events = world.events->after(0, filter, 1000).value();
  CHECK(events.size() < 20);
  CHECK(std::ranges::any_of(
      events, [](const Event& event) { return event.data.find("does not answer") != std::string::npos; }));
  CHECK(world.on_host().empty());
}
