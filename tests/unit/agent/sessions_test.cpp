// SPDX-License-Identifier: LGPL-2.1-or-later
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "agent/engine/converge.hpp"
#include "agent/store/prune.hpp"
#include "world.hpp"

using namespace berth;
using namespace berth::agent;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

struct Fixture {
  Fixture() { world.add_image(); }
  World world;
  Result<Accepted> create(const CreateRequest& request) { return world.sessions->create(request, std::nullopt); }
  Code refused(const CreateRequest& request) {
    const auto result = create(request);
    REQUIRE(!result);
    return result.error().code;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "Of 20 parallel creations at a quota of 10 exactly 10 are taken") {
  std::atomic<int> taken = 0, refused = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 20; ++i)
    clients.emplace_back([&, i] {
      const auto result = create(world.request("s" + std::to_string(i)));
      if (result) ++taken;
      if (!result && result.error().code == Code::quota_exceeded) ++refused;
    });
  for (auto& client : clients) client.join();
  CHECK(taken == 10);
  CHECK(refused == 10);
  CHECK(world.sessions->resources()->users.at(0).share.used.sessions == 10);
  std::set<Ipv4> addresses;
  std::set<std::uint16_t> ports;
  const auto all = world.sessions->list({}).value();
  for (const auto& session : all) {
    addresses.insert(session.machines.at(0).address);
    ports.insert(session.machines.at(0).ssh_port);
  }
  CHECK(addresses.size() == 10);
  CHECK(ports.size() == 10);
}

TEST_CASE_METHOD(Fixture, "Quotas hold for CPUs, memory and disk, of a user and of the host") {
  auto& user = world.settings.limits.user;
  auto request = world.request("big");
  for (auto* figure : {&user.cpus, &user.memory, &user.disk}) {
    const auto before = std::exchange(*figure, 0);
    CHECK(refused(request) == Code::quota_exceeded);
    *figure = before;
  }
  world.settings.limits.host.sessions = 1;
  world.restart();
  CHECK(create(request));
  CHECK(refused(world.request("other", "bob")) == Code::quota_exceeded);
}

TEST_CASE_METHOD(Fixture, "A failed creation gives its quota, name, address and port back") {
  world.settings.limits.user.sessions = 1;
  world.refusing = {{Kind::domain, Error{Code::start_failed, "QEMU would not"}}};
  const auto accepted = create(world.request("work"));
  REQUIRE(accepted);
  world.settle();
  const auto operation = world.operation(accepted->operation.id);
  CHECK(operation.state == OperationState::failed);
  CHECK(operation.error->code == Code::start_failed);
  CHECK(world.sessions->get(accepted->session.id).error().code == Code::not_found);
  CHECK(world.on_host().empty());
  world.refusing.clear();
  const auto second = world.running("work");
  CHECK(second.machines[0].address == accepted->session.machines[0].address);
  CHECK(second.machines[0].ssh_port == accepted->session.machines[0].ssh_port);
}

TEST_CASE_METHOD(Fixture, "The same Idempotency-Key gives the same answer, and another request under it is refused") {
  const IdempotencyKey key{"k1", "digest"};
  const auto first = world.sessions->create(world.request("work"), key);
  const auto second = world.sessions->create(world.request("work"), key);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->session.id == second->session.id);
  CHECK(first->operation.id == second->operation.id);
  const auto other = world.sessions->create(world.request("other"), IdempotencyKey{"k1", "another digest"});
  CHECK(other.error().code == Code::idempotency_conflict);
  CHECK(world.sessions->create(world.request("work", "bob"), IdempotencyKey{"k1", "another digest"}));

  SECTION("also when the session is gone") {
    world.settle();
    REQUIRE(world.sessions->terminate(first->session.id));
    world.settle();
    CHECK(world.sessions->create(world.request("work"), key)->session.id == first->session.id);
  }
  SECTION("for a day") {
    world.clock.advance(hours(25));
    REQUIRE(world.store->write([&](Database& db) -> Result<void> {
      prune(db, world.settings, world.clock.now());
      return {};
    }));
    CHECK(world.sessions->create(world.request("fresh"), IdempotencyKey{"k1", "another digest"}));
  }
}

TEST_CASE_METHOD(Fixture, "A chosen id makes one session, however often it is asked for") {
  auto request = world.request("work");
  request.id = SessionId::make();
  const auto first = create(request);
  const auto second = create(request);
  REQUIRE(second);
  CHECK(second->session.id == request.id);
  CHECK(second->operation.id == first->operation.id);
  request.size.cpus = 2;
  CHECK(refused(request) == Code::already_exists);
}

TEST_CASE_METHOD(Fixture, "What a request may not ask for") {
  auto request = world.request("work");
  SECTION("a name that is taken") {
    REQUIRE(create(request));
    CHECK(refused(request) == Code::already_exists);
    request.user = "bob";
    CHECK(create(request));
  }
  SECTION("an image that is not there") {
    request.image = "none";
    CHECK(refused(request) == Code::not_found);
  }
  SECTION("a disk smaller than the image's") {
    request.size.disk = least_disk;
    world.store->write([](Database& db) -> Result<int> {
      return db.run("UPDATE images SET virtual_size = ?", std::int64_t{1} << 30);
    });
    CHECK(refused(request) == Code::invalid_field);
  }
  SECTION("half a mebibyte") {
    request.size.memory += 1;
    CHECK(refused(request) == Code::invalid_field);
  }
  SECTION("for ever") {
    request.time_to_live = world.settings.longest_time_to_live + seconds(1);
    CHECK(refused(request) == Code::invalid_field);
  }
  CHECK(world.sessions->list({})->size() <= 2);
}

TEST_CASE_METHOD(Fixture, "Users get blocks of their own; an idle user's block is given on when all are used") {
  world.settings.pool = Subnet::parse("10.66.0.0/26").value();
  const auto alice = world.running("work", "alice");
  const auto bob = world.running("work", "bob");
  CHECK(alice.subnet.str() == "10.66.0.0/27");
  CHECK(bob.subnet.str() == "10.66.0.32/27");
  CHECK(alice.machines[0].address.str() == "10.66.0.2");
  CHECK(refused(world.request("work", "carol")) == Code::addresses_exhausted);
  REQUIRE(world.sessions->terminate(alice.id));
  world.settle();
  CHECK(world.running("work", "carol").subnet == alice.subnet);
  CHECK(refused(world.request("again", "alice")) == Code::addresses_exhausted);
  CHECK(world.on_host() == world.in_store());
}

TEST_CASE_METHOD(Fixture, "A user's addresses and the host's ports end with a clear refusal") {
  world.settings.limits.user.sessions = 100;
  SECTION("addresses") {
    world.settings.user_prefix = 30;
    REQUIRE(create(world.request("one")));
    CHECK(refused(world.request("two")) == Code::addresses_exhausted);
  }
  SECTION("ports") {
    world.settings.last_port = world.settings.first_port;
    REQUIRE(create(world.request("one")));
    CHECK(refused(world.request("two")) == Code::addresses_exhausted);
  }
}

TEST_CASE_METHOD(Fixture, "One operation at a time, but a termination ends any other") {
  const auto accepted = create(world.request("work")).value();
  const auto id = accepted.session.id;
  CHECK(world.sessions->stop(id).error().code == Code::busy);
  CHECK(world.sessions->start(id)->operation.id == accepted.operation.id);
  CHECK(world.sessions->add_ssh_key(id, test_key(2)).error().code == Code::busy);
  const auto ending = world.sessions->terminate(id).value();
  CHECK(ending.session.phase == Phase::terminating);
  CHECK(world.operation(accepted.operation.id).error->code == Code::cancelled);
  CHECK(world.sessions->terminate(id)->operation.id == ending.operation.id);
  CHECK(world.sessions->start(id).error().code == Code::wrong_state);
  world.settle();
  CHECK(world.operation(ending.operation.id).state == OperationState::succeeded);
  CHECK(world.sessions->terminate(id).error().code == Code::not_found);
  CHECK(world.on_host().empty());
}

TEST_CASE_METHOD(Fixture, "A termination that comes while a step is under way ends the creation behind that step") {
  const auto accepted = create(world.request("work")).value();
  const auto step = GENERATE(Kind::key, Kind::volume, Kind::network, Kind::firewall, Kind::domain);
  world.meanwhile = {{step, [&] { REQUIRE(world.sessions->terminate(accepted.session.id)); }}};
  REQUIRE(converge(*world.with, accepted.session.id));
  CHECK(world.session(accepted.session.id).phase == Phase::terminating);
  CHECK(world.on_host().size() == static_cast<std::size_t>(step) + 1);
  world.settle();
  CHECK(world.operation(accepted.operation.id).error->code == Code::cancelled);
  CHECK(world.on_host().empty());
}

TEST_CASE_METHOD(Fixture, "What is so already is answered with an operation that has succeeded") {
  const auto id = world.running("work").id;
  CHECK(world.sessions->start(id)->operation.state == OperationState::succeeded);
  CHECK(world.sessions->add_ssh_key(id, test_key())->operation.state == OperationState::succeeded);
  const auto events = world.events->newest();
  const auto first = world.sessions->start(id)->operation.id;
  for (int i = 0; i < 10; ++i) {
    CHECK(world.sessions->start(id)->operation.id == first);
    REQUIRE(world.sessions->add_ssh_key(id, test_key()));
  }
  CHECK(world.events->newest() == events);
  REQUIRE(world.sessions->stop(id));
  world.settle();
  CHECK(world.sessions->stop(id)->operation.state == OperationState::succeeded);
}

TEST_CASE_METHOD(Fixture, "Keys reach a running machine at once, and a stopped one when it next runs") {
  const auto session = world.running("work");
  const auto machine = session.machines[0].id;
  REQUIRE(world.sessions->add_ssh_key(session.id, test_key(2)));
  world.settle();
  CHECK(world.keys_in_guest[machine].size() == 2);
  CHECK(world.session(session.id).ssh_keys.size() == 2);
  REQUIRE(world.sessions->stop(session.id));
  world.settle();
  REQUIRE(world.sessions->remove_ssh_key(session.id, test_key().fingerprint()));
  CHECK(world.session(session.id).ssh_keys.size() == 1);
  CHECK(world.keys_in_guest[machine].size() == 2);
  CHECK(world.sessions->remove_ssh_key(session.id, "SHA256:none").error().code == Code::not_found);
  REQUIRE(world.sessions->start(session.id));
  world.settle();
  CHECK(world.keys_in_guest[machine] == std::vector{test_key(2)});
}

TEST_CASE_METHOD(Fixture, "A time to live can be extended up to the longest that is allowed") {
  world.settings.longest_time_to_live = hours(10);
  const auto session = world.running("work");
  CHECK(world.sessions->extend(session.id, hours(1))->expires_at == session.expires_at + hours(1));
  CHECK(world.sessions->extend(session.id, hours(2)).error().code == Code::invalid_field);
  CHECK(world.session(session.id).expires_at == session.expires_at + hours(1));
}

TEST_CASE_METHOD(Fixture, "Lists are filtered and paged") {
  for (const auto* name : {"one", "two", "three"}) world.running(name);
  world.running("one", "bob");
  SessionFilter filter;
  filter.user = "alice";
  filter.limit = 2;
  const auto first = world.sessions->list(filter).value();
  REQUIRE(first.size() == 2);
  filter.after = first.back().id;
  CHECK(world.sessions->list(filter)->size() == 1);
  filter = {};
  filter.name = "one";
  CHECK(world.sessions->list(filter)->size() == 2);
  filter.phase = Phase::stopped;
  CHECK(world.sessions->list(filter)->empty());
}
