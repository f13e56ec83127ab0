// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/policy.hpp"

#include <catch2/catch.hpp>

using namespace berth;

TEST_CASE("a block is an address with or without a prefix") {
  CHECK(Block::parse("10.0.0.5")->str() == "10.0.0.5/32");
  CHECK(Block::parse("192.0.2.0/24")->str() == "192.0.2.0/24");
  CHECK(Block::parse("0.0.0.0/0")->str() == "0.0.0.0/0");
  for (const auto* wrong : {"", "10.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8",
                            "1.2.3.4/0", "::1", "10.0.0.0/8/8", " 10.0.0.0"})
    CHECK_FALSE(Block::parse(wrong));
}

TEST_CASE("blocks overlap when one holds the other") {
  const auto block = [](const char* text) { return *Block::parse(text); };
  CHECK(block("10.0.0.0/8").overlaps(block("10.66.0.0/27")));
  CHECK(block("10.66.0.5").overlaps(block("10.0.0.0/8")));
  CHECK(block("0.0.0.0/0").overlaps(block("192.0.2.1")));
  CHECK_FALSE(block("10.66.0.0/27").overlaps(block("10.66.0.32/27")));
}

TEST_CASE("lists of blocks are read from the configuration") {
  const auto policy = GuestPolicy::parse("203.0.113.0/24, 8.8.8.8", "10.1.2.3");
  REQUIRE(policy);
  CHECK(policy->blocked == std::vector{*Block::parse("203.0.113.0/24"), *Block::parse("8.8.8.8")});
  CHECK(policy->allowed == std::vector{*Block::parse("10.1.2.3")});
  CHECK(GuestPolicy::parse("", "")->blocked.empty());
}

TEST_CASE("a wrong list names its key") {
  for (const auto* wrong : {"x", "10.0.0.0/8,", ",", "10.0.0.0/8 10.1.0.0/16"}) {
    const auto policy = GuestPolicy::parse("", wrong);
    REQUIRE_FALSE(policy);
    CHECK(describe(policy.error()).find("guest_allowed") != std::string::npos);
  }
}

TEST_CASE("nothing may be allowed that opens the host or its metadata") {
  for (const auto* open :
       {"0.0.0.0/0", "127.0.0.1", "169.254.169.254", "169.0.0.0/8", "224.0.0.0/4", "255.255.255.255"})
    CHECK_FALSE(GuestPolicy::parse("", open));
  CHECK(GuestPolicy::parse("0.0.0.0/0", ""));
}
