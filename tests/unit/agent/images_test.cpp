// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/images.hpp"

#include <catch2/catch.hpp>

#include "world.hpp"

using namespace berth;
using namespace berth::agent;

namespace {

struct Fixture {
  World world;
  Images images{*world.store, world, world.clock};
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
