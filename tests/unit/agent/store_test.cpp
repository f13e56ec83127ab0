// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/store.hpp"

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "agent/api/error_json.hpp"
#include "agent/phase.hpp"
#include "agent/store/events.hpp"
#include "agent/store/operations.hpp"
#include "agent/store/prune.hpp"
#include "agent/store/reserve.hpp"
#include "agent/store/sessions.hpp"
#include "folder.hpp"
#include "world.hpp"

using namespace berth;
using namespace berth::agent;

namespace {

Result<void> append(Store& store, const char* type, int times = 1) {
  return store.write([&](Database& db) -> Result<void> {
    Event event;
    event.type = type;
    event.data = "{}";
    for (int i = 0; i < times; ++i) append_event(db, Time{}, event);
    return {};
  });
}

}  // namespace

TEST_CASE("A database of a newer version, or none at all, is refused") {
  const Folder folder;
  const auto file = folder.path / "agent.db";
  SECTION("newer") {
    REQUIRE(Store::open(file).value()->write([](Database& db) -> Result<void> {
      db.script("PRAGMA user_version = 999");
      return {};
    }));
    const auto store = Store::open(file);
    REQUIRE(!store);
    CHECK(store.error().code == Code::storage_failed);
    CHECK(describe(store.error()).find("newer") != std::string::npos);
  }
  SECTION("not a database") {
    std::ofstream(file) << std::string(5000, 'x');
    CHECK(Store::open(file).error().code == Code::storage_failed);
  }
}

TEST_CASE("A power cut loses no commit: the database syncs in full") {
  const Folder folder;
  const auto store = Store::open(folder.path / "agent.db").value();
  CHECK(store->write([](Database& db) -> Result<std::int64_t> { return db.number("PRAGMA synchronous"); }) == 2);
  CHECK(store->write([](Database& db) -> Result<std::int64_t> { return db.number("PRAGMA foreign_keys"); }) == 1);
  CHECK(std::filesystem::exists(folder.path / "agent.db-wal"));
}

TEST_CASE("The room that is kept on the disk is taken once, and is enough to write on when the disk is full") {
  const Folder folder;
  const auto file = folder.path / "agent.db", log = folder.path / "agent.db-wal";
  const auto sizes = [&] { return std::pair(std::filesystem::file_size(file), std::filesystem::file_size(log)); };
  REQUIRE(keep_reserve(*Store::open(file).value()));
  const auto store = Store::open(file).value();
  const auto taken = sizes();
  CHECK(std::min(taken.first, taken.second) >= 6 << 20);
  REQUIRE(keep_reserve(*store));
  for (int i = 0; i < 3000; ++i) REQUIRE(append(*store, "session.created"));
  CHECK(sizes() == taken);
}

TEST_CASE("The room that is kept on the disk is filled up again when much of it is used") {
  const Folder folder;
  const auto store = Store::open(folder.path / "agent.db").value();
  const auto free_bytes = [&] {
    return store->write([](Database& db) -> Result<std::int64_t> {
      return db.number("PRAGMA freelist_count") * db.number("PRAGMA page_size");
    });
  };
  REQUIRE(keep_reserve(*store));
  while (*free_bytes() >= 3 << 20) REQUIRE(append(*store, "session.created", 1000));
  REQUIRE(keep_reserve(*store));
  CHECK(*free_bytes() >= 6 << 20);
}

TEST_CASE("What fails or throws in a transaction leaves no trace, and no gap in the events") {
  const Folder folder;
  const auto store = Store::open(folder.path / "agent.db").value();
  REQUIRE(append(*store, "one"));
  const auto failing = store->write([](Database& db) -> Result<void> {
    append_event(db, Time{}, Event{0, {}, "two", {}, {}, {}, "{}"});
    return std::unexpected(Error{Code::busy, "no"});
  });
  CHECK(failing.error().code == Code::busy);
  CHECK_THROWS_AS(store->write([](Database& db) -> Result<void> {
    append_event(db, Time{}, Event{0, {}, "three", {}, {}, {}, "{}"});
    throw std::logic_error("a bug");
  }),
                  std::logic_error);
  CHECK(
      store->write([](Database& db) -> Result<int> { return db.run("INSERT INTO nowhere VALUES (1)"); }).error().code ==
      Code::storage_failed);
  REQUIRE(append(*store, "four"));
  Events events(*store);
  const auto all = events.after(0, {}, 10).value();
  REQUIRE(all.size() == 2);
  CHECK(all[1].id == 2);
  CHECK(all[1].type == "four");
}

TEST_CASE("A fault that comes with the last look before the commit is an error, and nothing was written") {
  const Folder folder;
  const auto store = Store::open(folder.path / "agent.db").value();
  const auto forbid = [](void* handle, int, const char* table, const char*, const char*, const char*) {
    (void)handle;
    return table != nullptr && std::string_view(table) == "sqlite_sequence" ? SQLITE_DENY : SQLITE_OK;
  };
  Result<void> written;
  CHECK_NOTHROW(written = store->write([&](Database& db) -> Result<void> {
    append_event(db, Time{}, Event{0, {}, "one", {}, {}, {}, "{}"});
    sqlite3_set_authorizer(db.connection().getHandle(), forbid, nullptr);
    return {};
  }));
  REQUIRE(!written);
  CHECK(written.error().code == Code::storage_failed);
  CHECK(Events(*store).after(0, {}, 10)->empty());
}

TEST_CASE("The reading connection changes nothing") {
  const Folder folder;
  const auto store = Store::open(folder.path / "agent.db").value();
  CHECK(!store->read([](Database& db) -> Result<int> { return db.run("DELETE FROM events"); }));
}

TEST_CASE("Waiting for an event ends when it comes, when the time is over, and when the agent goes down") {
  const Folder folder;
  const auto store = Store::open(folder.path / "agent.db").value();
  Events events(*store);
  CHECK(!events.wait(0, std::chrono::milliseconds(1)));
  std::thread writer([&] { REQUIRE(append(*store, "one")); });
  CHECK(events.wait(0, std::chrono::seconds(10)));
  writer.join();
  CHECK(events.newest() == 1);
  std::thread stopper([&] { store->stop_waiting(); });
  CHECK(!events.wait(1, std::chrono::seconds(10)));
  stopper.join();
}

TEST_CASE("Pruning keeps the newest events and goes on counting") {
  const Folder folder;
  const auto store = Store::open(folder.path / "agent.db").value();
  for (int i = 0; i < 10; ++i) REQUIRE(append(*store, "one"));
  REQUIRE(store->write([](Database& db) -> Result<void> {
    CHECK(prune_events(db, 0, 7) == 7);
    CHECK(prune_events(db, 0, 7) == 3);
    return {};
  }));
  Events events(*store);
  CHECK(events.oldest() == 0);
  REQUIRE(append(*store, "next"));
  CHECK(events.oldest() == 11);
  CHECK(events.newest() == 11);
}

TEST_CASE("Sessions that are gone, and finished operations, are kept for a day") {
  World world;
  world.add_image();
  const auto session = world.running("work");
  const auto ending = world.sessions->terminate(session.id).value().operation.id;
  world.settle();
  const auto prune_now = [&] {
    return world.store->write([&](Database& db) -> Result<void> {
      prune(db, world.settings, world.clock.now());
      return {};
    });
  };
  world.clock.advance(std::chrono::hours(23));
  REQUIRE(prune_now());
  CHECK(world.sessions->operation(ending));
  world.clock.advance(std::chrono::hours(2));
  REQUIRE(prune_now());
  CHECK(world.sessions->operation(ending).error().code == Code::not_found);
}

TEST_CASE("The number of finished operations, and of sessions that are gone, is bounded, too") {
  World world;
  world.add_image();
  const auto stays = world.running("stays");
  std::vector<SessionId> gone;
  for (int i = 0; i < 6; ++i) {
    gone.push_back(world.running("work").id);
    REQUIRE(world.sessions->terminate(gone.back()));
    world.settle();
  }
  const Bounds bounds{.operations = 3, .gone_sessions = 4, .batch = 1};
  int batches = 1;
  const auto step = [&] {
    return world.store
        ->write([&](Database& db) -> Result<bool> { return prune(db, world.settings, world.clock.now(), bounds); })
        .value();
  };
  while (step()) ++batches;
  CHECK(batches > 2);
  const auto number = [&](const char* sql) {
    return world.store->read([&](Database& db) -> Result<std::int64_t> { return db.number(sql); }).value();
  };
  CHECK(number("SELECT count(*) FROM sessions WHERE gone_at IS NOT NULL") <= 4);
  CHECK(number("SELECT count(*) FROM sessions WHERE gone_at IS NOT NULL") > 0);
  CHECK(number("SELECT count(*) FROM operations WHERE kind <> 'create'") <= 3);
  CHECK(world.store->read([&](Database& db) -> Result<bool> { return recall_session(db, gone.back()).has_value(); })
            .value());
  CHECK(world.session(stays.id).phase == Phase::running);
}

TEST_CASE("SSH keys go with the session, and with the operation that changed them") {
  World world;
  world.add_image();
  const auto session = world.running("work");
  const auto change = world.sessions->add_ssh_key(session.id, test_key(2)).value().operation.id;
  world.settle();
  REQUIRE(world.sessions->terminate(session.id));
  world.settle();
  const auto left = world.store->read([&](Database& db) -> Result<bool> {
    return !recall_session(db, session.id)->ssh_keys.empty() || !keys_of_operation(db, change).empty();
  });
  CHECK(!left.value());
}

TEST_CASE("A session takes no way that is not allowed") {
  World world;
  world.add_image();
  const auto session = world.running("work");
  CHECK_THROWS_AS(world.store->write([&](Database& db) -> Result<void> {
    move_session(db, session, Goal::running, Phase::creating);
    return {};
  }),
                  std::logic_error);
  CHECK(world.session(session.id).phase == Phase::running);
}

TEST_CASE("An error is stored as it is") {
  const Error error{Code::not_ready, "it \"did\" not", {{"machine", "m1"}, {"reason", "none"}}};
  const auto back = error_from_json(error_to_json(error).dump());
  CHECK(back.code == error.code);
  CHECK(describe(back) == describe(error));
  CHECK(error_from_json("{").code == Code::internal);
  CHECK(error_from_json("{\"code\":\"VM_003\",\"message\":\"x\"}").code == Code::internal);
}
