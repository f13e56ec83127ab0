// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/ruleset.hpp"

#include <catch2/catch.hpp>
#include <regex>
#include <sstream>

using namespace berth;

namespace {

std::size_t place(const std::string& text, const std::string& part) {
  INFO(part);
  REQUIRE(text.find(part) != std::string::npos);
  return text.find(part);
}

}  // namespace

TEST_CASE("rules have no sets of their own, which leak while rules are replaced") {
  std::istringstream lines(ruleset(*GuestPolicy::parse("8.8.8.0/24,1.1.1.1", "10.0.0.5,10.0.0.6")));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("add rule") && !line.contains(" update @") &&
        !line.contains(" add @"))  // a meter's key is in braces
      CHECK_FALSE(line.contains('{'));
}

TEST_CASE("a reload takes away no table, chain or element") {
  const auto text = ruleset({});
  CHECK_FALSE(std::regex_search(text, std::regex("delete|destroy|flush (ruleset|chain|set|map)|reset")));
}

TEST_CASE("every table is emptied of rules before new ones are put in") {
  const auto text = ruleset({});
  for (const std::string family : {"bridge", "arp", "inet"})
    CHECK(place(text, "flush table " + family + " berth") < place(text, "add rule " + family + " berth"));
}

TEST_CASE("what is allowed comes before what is blocked, and both behind the checks of the sender") {
  const auto text = ruleset(*GuestPolicy::parse("8.8.8.0/24", "10.0.0.5"));
  const std::string chain = "add rule inet berth guest_to_world ";
  const auto sender = place(text, chain + "iifname . ip saddr != @members drop"),
             neighbours = place(text, chain + "oifname \"bb*\" jump guest_to_guest"),
             allowed = place(text, chain + "ip daddr 10.0.0.5/32 accept"),
             metadata = place(text, chain + "ip daddr 169.254.0.0/16 drop"),
             blocked = place(text, chain + "ip daddr 8.8.8.0/24 drop"), rest = place(text, chain + "accept");
  CHECK(sender < neighbours);
  CHECK(neighbours < allowed);
  CHECK(allowed < metadata);
  CHECK(metadata < blocked);
  CHECK(blocked < rest);
}

TEST_CASE("frames and packets of guests end in a drop") {
  const auto text = ruleset({});
  for (const std::string chain : {"bridge berth from_guest", "inet berth guest_to_host", "inet berth guest_to_guest",
                                  "inet berth world_to_guest"}) {
    const auto last = text.rfind("add rule " + chain + " ");
    REQUIRE(last != std::string::npos);
    CHECK(text.substr(last, text.find('\n', last) - last) == "add rule " + chain + " drop");
  }
}
