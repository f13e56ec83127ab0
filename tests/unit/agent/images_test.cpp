// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/images.hpp"

#include <catch2/catch.hpp>

#include "agent/engine/reconciler.hpp"
#include "world.hpp"

using namespace berth;
using namespace berth::agent;

namespace {

struct Fixture {
  World world;
  Images& images{*world.library};
  const std::string first = std::string(64, '1'), second = std::string(64, '2');
};

}  // namespace

TEST_CASE_METHOD(Fixture, "An image is imported once, under one name") {
  const auto image = images.import(0, "tiny", "raw", first);
  REQUIRE(image);
  CHECK(images.import(0, "tiny", "raw", first)->id == image->id);
  CHECK(images.import(0, "other", "raw", first).error().code == Code::already_exists);
  CHECK(images.import(0, "tiny", "raw", second).error().code == Code::already_exists);
  CHECK(images.list()->size() == 1);
  CHECK(world.images == std::set<std::string>{first});
}

TEST_CASE_METHOD(Fixture, "A name that is none is refused before anything is read") {
  CHECK(images.import(0, "../etc", "raw", first).error().code == Code::invalid_field);
  CHECK(world.images.empty());
}

TEST_CASE_METHOD(Fixture, "An image goes by name or id, not while a session needs it") {
  REQUIRE(images.import(0, "tiny", "raw", first));
  const auto session = world.running("work");
  CHECK(images.remove("tiny").error().code == Code::image_in_use);
  REQUIRE(world.sessions->terminate(session.id));
  world.settle();
  CHECK(images.remove("none").error().code == Code::not_found);
  CHECK(images.remove(first));
  CHECK(images.list()->empty());
  CHECK(world.images.empty());
}

TEST_CASE_METHOD(Fixture, "An image whose file cannot be removed keeps its name") {
  REQUIRE(images.import(0, "tiny", "raw", first));
  world.hypervisor_dies_at(0, World::Reply::before, std::chrono::seconds(0));
  CHECK(images.remove("tiny").error().code == Code::hypervisor_unavailable);
  CHECK(images.list()->size() == 1);
  CHECK(images.remove("tiny"));
}

TEST_CASE_METHOD(Fixture, "SIGKILL of the agent at every step of an import leaves no file without a name") {
  int step = 0;
  for (bool died = true; died; ++step) {
    World other;
    INFO("killed at step " << step);
    other.die_at(step);
    try {
      died = !other.library->import(0, "tiny", "raw", first);
    } catch (const Died&) {
      died = true;
    }
    other.restart();
    REQUIRE(other.recover());
    const auto named = other.library->list().value();
    CHECK(other.images.size() == named.size());
    if (!died) CHECK(named.size() == 1);
  }
  CHECK(step > 4);
}

TEST_CASE_METHOD(Fixture, "A file without a name that no import has left is reported, and never removed") {
  world.images = {second};
  REQUIRE(images.import(0, "tiny", "raw", first));
  CHECK(sweep(*world.with)->kept.size() == 1);
  world.die_at(4);
  CHECK_THROWS_AS(world.library->import(0, "other", "raw", std::string(64, '3')), Died);
  world.restart();
  CHECK(world.images.size() == 3);
  const auto findings = sweep(*world.with).value();
  CHECK(findings.removed.size() == 1);
  REQUIRE(findings.kept.size() == 1);
  CHECK(findings.kept[0].id == second);
  CHECK(world.images == std::set{first, second});
}

TEST_CASE_METHOD(Fixture, "An import that was cut off long ago explains no file: it may be from a database of then") {
  world.die_at(4);
  CHECK_THROWS_AS(world.library->import(0, "tiny", "raw", first), Died);
  world.restart();
  world.clock.advance(std::chrono::hours(3));
  const auto findings = sweep(*world.with).value();
  CHECK(findings.removed.empty());
  CHECK(findings.kept.size() == 1);
  CHECK(world.images.size() == 1);
}

TEST_CASE_METHOD(Fixture, "A file that is published after the answer was lost is swept when nobody named it") {
  world.hypervisor_dies_at(1, World::Reply::lost, std::chrono::seconds(0));
  CHECK(images.import(0, "tiny", "raw", first).error().code == Code::hypervisor_unavailable);
  CHECK(world.images.size() == 1);
  CHECK(sweep(*world.with)->removed.size() == 1);
  CHECK(world.images.empty());
}
