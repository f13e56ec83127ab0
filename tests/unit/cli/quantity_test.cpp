// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/quantity.hpp"

#include <catch2/catch.hpp>

using namespace berth;
using namespace berth::cli;
using namespace std::chrono_literals;

TEST_CASE("durations and sizes are a whole number and one unit") {
  CHECK(*parse_duration("90s", "--ttl") == 90s);
  CHECK(*parse_duration("15m", "--ttl") == 15min);
  CHECK(*parse_duration("8h", "--ttl") == 8h);
  CHECK(*parse_duration("7d", "--ttl") == 168h);
  CHECK(*parse_size("512M", "--memory") == 512 * MiB);
  CHECK(*parse_size("4G", "--disk") == 4 * GiB);
  for (const char* wrong : {"", "s", "8", "-1h", "+1h", " 8h", "8 h", "8H", "1.5h", "0s", "8hh", "0x8h",
                            "99999999999999999999h", "18446744073709551615d", "3651d"})
    CHECK_FALSE(parse_duration(wrong, "--ttl"));
  for (const char* wrong : {"", "M", "512", "512m", "512MiB", "-4G", "0G", "17179869184G", "17T"})
    CHECK_FALSE(parse_size(wrong, "--disk"));
  CHECK(parse_duration("8", "--ttl").error().message.starts_with("--ttl must be"));
}

TEST_CASE("counts are digits within their range") {
  CHECK(*parse_count("4", "--cpus", 1, 128) == 4);
  for (const char* wrong : {"0", "129", "-1", "4.0", "four", "", "4 "})
    CHECK_FALSE(parse_count(wrong, "--cpus", 1, 128));
}

TEST_CASE("times are read as the API writes them") {
  for (const char* text : {"2026-02-03T04:05:06.789Z", "2024-02-29T23:59:59.000Z", "1970-01-01T00:00:00.001Z"})
    CHECK(to_text(*parse_time(text)) == text);
  CHECK(to_text(*parse_time("2026-02-03T04:05:06Z")) == "2026-02-03T04:05:06.000Z");
  CHECK(to_text(*parse_time("2026-02-03T04:05:06.5Z")) == "2026-02-03T04:05:06.500Z");
  for (const char* wrong :
       {"", "2026-02-30T04:05:06Z", "2026-02-03 04:05:06Z", "2026-02-03T24:05:06Z", "2026-02-03T04:05:06",
        "2026-02-03T04:05:06+01:00", "2026-02-03T04:05:06.Z.", "-026-02-03T04:05:06Z"})
    CHECK_FALSE(parse_time(wrong));
}

TEST_CASE("sizes, durations and distances read well") {
  CHECK(size_text(712) == "712 B");
  CHECK(size_text(512 * MiB) == "512 MiB");
  CHECK(size_text(3 * GiB / 2) == "1.5 GiB");
  CHECK(size_text(16 * 1024 * GiB) == "16 TiB");
  CHECK(duration_text(0s) == "0 s");
  CHECK(duration_text(63s) == "1 min 3 s");
  CHECK(duration_text(7h + 58min + 59s) == "7 h 58 min");
  CHECK(duration_text(48h) == "2 d");
  const Time now{1'000'000s};
  CHECK(relative_text(now + 478min, now) == "in 7 h 58 min");
  CHECK(relative_text(now - 180s, now) == "3 min ago");
  CHECK(relative_text(now + 400ms, now) == "now");
}
