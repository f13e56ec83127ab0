// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch.hpp>

#include "agent/http/settings.hpp"

using namespace berth::agent;

TEST_CASE("An upload has more time the larger it is, but less than the import is waited for") {
  using namespace std::chrono_literals;
  const Pace pace = GateSettings{}.uploads;
  CHECK(pace.time_for(0) == 30s);
  CHECK(pace.time_for(1 << 30) > 17min);
  CHECK(pace.time_for(GateSettings{}.most_upload_bytes) == 50min);
}
