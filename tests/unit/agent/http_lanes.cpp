// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch.hpp>
#include <latch>

#include "agent/http/lanes.hpp"

using namespace berth;
using namespace berth::agent;

TEST_CASE("no user of the host takes every slot for uploads, and all together no more than there are") {
  std::latch end(1);
  HttpLanes lanes({.uploads = 2, .uploads_per_peer = 1});
  const auto upload = [&](uid_t uid) { return lanes.run(Lane::upload, uid, [&] { end.wait(); }); };
  CHECK(upload(1000));
  const auto again = upload(1000);
  const auto other = upload(1001);
  const auto third = upload(1002);
  CHECK(lanes.running(Lane::upload) == 2);
  end.count_down();
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Code::too_many_connections);
  CHECK(other);
  CHECK_FALSE(third);
}

TEST_CASE("a slot is free again when its job has ended") {
  HttpLanes lanes({.uploads = 1});
  for (int i = 0; i < 3; ++i) {
    REQUIRE(lanes.run(Lane::upload, 1000, [] {}));
    while (lanes.running(Lane::upload) > 0) std::this_thread::yield();
  }
}
