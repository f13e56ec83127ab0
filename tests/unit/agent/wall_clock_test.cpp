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
};

}  // namespace

TEST_CASE_METHOD(Fixture, "Setting the wall clock neither ends a session nor lets it live longer") {
  const auto by = GENERATE(milliseconds(std::chrono::hours(100)), milliseconds(std::chrono::hours(-100)));
  const bool while_away = GENERATE(false, true);
  const auto session = world.running("work");
  const auto lifetime = session.expires_at - world.clock.now();
  if (while_away) REQUIRE(world.recover());
  world.clock.set(by);
  if (while_away) {
    world.restart();
    REQUIRE(world.recover());
  }
  CHECK(expire(*world.with)->empty());
  CHECK(world.session(session.id).expires_at == session.expires_at + by);
  CHECK(world.events->after(0, {}, 1000)->back().type == "clock.set");
  const auto other = world.sessions->create(world.request("other"), std::nullopt)->session;
  CHECK(other.expires_at == world.clock.now() + world.settings.default_time_to_live);
  REQUIRE(world.sessions->extend(other.id, std::chrono::hours(1)));
  world.clock.advance(lifetime - milliseconds(1));
  CHECK(expire(*world.with)->empty());
  world.clock.advance(milliseconds(1));
  CHECK(expire(*world.with) == std::vector{session.id});
}

TEST_CASE_METHOD(Fixture,
                 "A session that is made or extended just after the wall clock was set lives as long as asked") {
  const auto session = world.running("work");
  const auto left = session.expires_at - world.clock.now();
  world.clock.set(std::chrono::hours(1));
  const auto extended = world.sessions->extend(session.id, std::chrono::hours(1)).value();
  CHECK(extended.expires_at - world.clock.now() == left + std::chrono::hours(1));
  CHECK(expire(*world.with)->empty());
  CHECK(world.session(session.id).expires_at == extended.expires_at);
}

TEST_CASE_METHOD(Fixture,
                 "After a boot of the host the wall clock says when a session ends, however far it was moved") {
  REQUIRE(world.recover());
  const auto session = world.running("work");
  world.reboot_host();
  world.clock.set(std::chrono::hours(2));
  world.restart();
  REQUIRE(world.recover());
  CHECK(world.session(session.id).expires_at == session.expires_at);
  world.clock.advance_to(session.expires_at);
  CHECK(expire(*world.with)->size() == 1);
}

TEST_CASE_METHOD(Fixture, "A wall clock that was wrong by years leaves no session for longer than is allowed") {
  REQUIRE(world.recover());
  const auto session = world.running("work");
  world.reboot_host();
  world.clock.set(-std::chrono::hours(24 * 365 * 20));
  world.restart();
  REQUIRE(world.recover());
  world.clock.advance(std::chrono::minutes(6));
  world.clock.set(std::chrono::hours(24 * 365 * 20));
  CHECK(expire(*world.with)->empty());
  CHECK(world.session(session.id).expires_at == world.clock.now() + world.settings.longest_time_to_live);
}

TEST_CASE_METHOD(Fixture,
                 "A wall clock that is put right within minutes of a boot neither ends nor prolongs a session") {
  const auto wrong = GENERATE(std::chrono::hours(100), std::chrono::hours(-100));
  const auto session = world.running("work");
  world.reboot_host();
  world.clock.set(wrong);
  world.restart();
  REQUIRE(world.recover());
  CHECK(expire(*world.with)->empty());
  world.clock.advance(seconds(30));
  const auto other = world.sessions->create(world.request("other"), std::nullopt)->session;
  world.clock.set(-wrong);
  CHECK(expire(*world.with)->empty());
  CHECK(world.session(session.id).expires_at == session.expires_at);
  CHECK(world.session(other.id).expires_at == world.clock.now() + world.settings.default_time_to_live);
  world.clock.advance_to(session.expires_at);
  CHECK(expire(*world.with) == std::vector{session.id});
}

TEST_CASE_METHOD(Fixture, "Deadlines of operations do not move with the wall clock") {
  const auto by = GENERATE(std::chrono::hours(100), std::chrono::hours(-100));
  world.guests_answer = false;
  const auto asked = world.clock.moment();
  const auto accepted = world.sessions->create(world.request("work"), std::nullopt).value();
  REQUIRE(converge(*world.with, accepted.session.id));
  world.clock.set(by);
  REQUIRE(converge(*world.with, accepted.session.id));
  CHECK(world.operation(accepted.operation.id).state == OperationState::running);
  CHECK(!world.operation(accepted.operation.id).error);
  world.settle();
  CHECK(world.operation(accepted.operation.id).error->code == Code::not_ready);
  CHECK(world.clock.moment() - asked >= world.settings.ready_within);
  CHECK(world.clock.moment() - asked < world.settings.ready_within + seconds(2));
}
