// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch.hpp>
#include <functional>

#include "agent/model_names.hpp"
#include "agent/store/events.hpp"
#include "world.hpp"

using namespace berth;
using namespace berth::agent;

namespace {

/// Something that a user asks for, and what must be there before it is asked.
struct Story {
  const char* name;
  std::function<SessionId(World&)> before;  ///< the session that it is about; a fresh id for a creation
  std::function<Result<Accepted>(World&, const SessionId&)> ask;
  OperationState ends = OperationState::succeeded;
};

SessionId a_running_session(World& world) {
  return world.running("work").id;
}

SessionId a_stopped_session(World& world) {
  const auto id = a_running_session(world);
  REQUIRE(world.sessions->stop(id));
  world.settle();
  REQUIRE(world.sessions->add_ssh_key(id, test_key(2)));
  return id;
}

SessionId nothing_yet(World&) {
  return SessionId::make();
}

Result<Accepted> create(World& world, const SessionId& id) {
  auto request = world.request("work");
  request.id = id;
  return world.sessions->create(request, std::nullopt);
}

const Story stories[]{
    {"create", nothing_yet, create},
    {"create for a new user", nothing_yet,
     [](World& world, const SessionId& id) {
       auto request = world.request("work", "bob");
       request.id = id;
       return world.sessions->create(request, std::nullopt);
     }},
    {"create, which fails", nothing_yet,
     [](World& world, const SessionId& id) {
       world.refusing = {{Kind::firewall, Error{Code::firewall_failed, "no"}}};
       return create(world, id);
     },
     OperationState::failed},
    {"create, whose guest never answers", nothing_yet,
     [](World& world, const SessionId& id) {
       world.guests_answer = false;
       return create(world, id);
     },
     OperationState::failed},
    {"stop", a_running_session, [](World& world, const SessionId& id) { return world.sessions->stop(id); }},
    {"stop a guest that does not obey", a_running_session,
     [](World& world, const SessionId& id) {
       world.guests_obey = false;
       return world.sessions->stop(id);
     }},
    {"start", a_stopped_session, [](World& world, const SessionId& id) { return world.sessions->start(id); }},
    {"start, which fails", a_stopped_session,
     [](World& world, const SessionId& id) {
       world.refusing = {{Kind::domain, Error{Code::start_failed, "no"}}};
       return world.sessions->start(id);
     },
     OperationState::failed},
    {"terminate", a_running_session, [](World& world, const SessionId& id) { return world.sessions->terminate(id); }},
    {"terminate a user's last", [](World& world) { return world.running("work", "bob").id; },
     [](World& world, const SessionId& id) { return world.sessions->terminate(id); }},
    {"add a key", a_running_session,
     [](World& world, const SessionId& id) { return world.sessions->add_ssh_key(id, test_key(3)); }},
};

void check_events_have_no_gap(World& world) {
  const auto events = world.events->after(0, {}, 100'000).value();
  CHECK(events.front().id == 1);
  CHECK(events.back().id == events.size());
}

/// What a user sees of the session; nothing when there is none.
std::optional<Phase> phase_of(World& world, const SessionId& id) {
  const auto session = world.sessions->get(id);
  return session ? std::optional(session->phase) : std::nullopt;
}

/// What holds once everybody is back and nothing is left to do.
void check_agreement(World& world, const MachineId& bystander) {
  CHECK(to_text(world.on_host()) == to_text(world.in_store()));
  CHECK(world.boots[bystander] == 1);
  CHECK(world.on_host().contains({Kind::domain, bystander}));
  check_events_have_no_gap(world);
}

}  // namespace

TEST_CASE("SIGKILL of the agent at every step leaves nothing half done") {
  for (const auto& story : stories) {
    int step = 0;
    for (bool died = true; died; ++step) {
      World world;
      world.add_image();
      const auto bystander = world.running("bystander").machines[0].id;
      const auto id = story.before(world);
      const auto before = phase_of(world, id);
      INFO(story.name << ", killed at step " << step);
      world.die_at(step);
      Result<Accepted> accepted = std::unexpected(Error{});
      died = false;
      try {
        accepted = story.ask(world, id);
        world.settle();
      } catch (const Died&) {
        died = true;
      }
      died = died || world.dead();
      world.restart();
      REQUIRE(world.recover());
      world.settle();
      check_agreement(world, bystander);
      if (accepted) CHECK(world.operation(accepted->operation.id).state == story.ends);
      if (!accepted) CHECK(phase_of(world, id) == before);  // what was not acknowledged has not happened
    }
    INFO(story.name);
    CHECK(step > 10);
  }
}

TEST_CASE("The hypervisor manager dying at any call, once, goes unnoticed") {
  for (const auto reply : {World::Reply::before, World::Reply::lost})
    for (const auto& story : stories) {
      int call = 0;
      for (bool met = true; met; ++call) {
        World world;
        world.add_image();
        const auto bystander = world.running("bystander").machines[0].id;
        const auto id = story.before(world);
        INFO(story.name << ", failing at call " << call << (reply == World::Reply::lost ? ", answer lost" : ""));
        world.hypervisor_dies_at(call, reply, std::chrono::seconds(0));
        const auto accepted = story.ask(world, id);
        REQUIRE(accepted);
        world.settle();
        met = world.calls > call;
        CHECK(world.operation(accepted->operation.id).state == story.ends);
        check_agreement(world, bystander);
      }
    }
}

TEST_CASE(
    "The hypervisor manager being away for long ends operations with the true reason, and leaves nothing behind") {
  for (const auto reply : {World::Reply::before, World::Reply::lost})
    for (const auto& story : stories) {
      int call = 0;
      for (bool met = true; met; ++call) {
        World world;
        world.add_image();
        const auto bystander = world.running("bystander").machines[0].id;
        const auto id = story.before(world);
        INFO(story.name << ", away from call " << call << (reply == World::Reply::lost ? ", answer lost" : ""));
        world.hypervisor_dies_at(call, reply, std::chrono::seconds(400));
        const auto accepted = story.ask(world, id);
        REQUIRE(accepted);
        world.settle();
        met = world.calls > call;
        const auto operation = world.operation(accepted->operation.id);
        CHECK(operation.state != OperationState::running);
        if (story.ends == OperationState::succeeded && operation.error)
          CHECK(operation.error->code == Code::hypervisor_unavailable);
        if (operation.kind == OperationKind::terminate) CHECK(operation.state == OperationState::succeeded);
        check_agreement(world, bystander);
      }
    }
}
