// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvirt/turns.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <thread>

using namespace berth;
using namespace std::chrono_literals;

namespace {

const Id one = *Id::parse("01kaf5x0000000000000000m01"), other = *Id::parse("01kaf5x0000000000000000m02");

}  // namespace

TEST_CASE("who waits for a call that hangs is told so, and nobody else waits") {
  Turns turns(50ms);
  const auto hanging = turns.take(one);
  REQUIRE(hanging);
  CHECK(turns.take(other));
  const auto late = turns.take(one);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == Code::libvirt_failed);
}

TEST_CASE("a turn that ends is the next one's") {
  Turns turns(60s);
  auto first = std::make_unique<Result<Turns::Turn>>(turns.take(one));
  std::jthread next([&] { CHECK(turns.take(one)); });
  first.reset();
  next.join();
  CHECK(turns.take(one));
}
