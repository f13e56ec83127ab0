// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/element.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "core/names.hpp"
#include "netiso/listing.hpp"

using namespace berth;

namespace {

const auto alice = *UserId::parse("01kaf5x0000000000000000aaa"), bob = *UserId::parse("01kaf5x0000000000000000bbb");
const auto web = *MachineId::parse("01kaf5x00000000000000000m1"), db = *MachineId::parse("01kaf5x00000000000000000m2");

FirewallSpec machine(const MachineId& id, const UserId& user, const char* address, std::uint16_t port) {
  return {id, user, *Ipv4::parse(address), port};
}

std::vector<Element> together(std::vector<Element> one, const std::vector<Element>& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

std::string owners(const std::vector<Element>& elements) {
  std::string text;
  for (const auto& element : elements) text += element.owner.substr(24);
  return text;
}

const auto of_web = elements_of(machine(web, alice, "10.66.0.2", 22001));
const auto of_db = elements_of(machine(db, alice, "10.66.0.3", 22002));

}  // namespace

TEST_CASE("a machine's elements bind its tap, card, address and port together") {
  CHECK(
      change_elements({}, of_web) ==
      R"(add element bridge berth machines { "bt0000000000m1" . "02:be:0a:42:00:02" . "10.66.0.2" comment "01kaf5x00000000000000000m1" }
add element bridge berth cards { "bt0000000000m1" . "02:be:0a:42:00:02" comment "01kaf5x00000000000000000m1" }
add element inet berth members { "bb000000000aaa" . "10.66.0.2" comment "01kaf5x00000000000000000m1" }
add element inet berth marks { "bb000000000aaa" . "10.66.0.2" comment "01kaf5x00000000000000000m1" : "641" }
add element inet berth flows { "bb000000000aaa" . "10.66.0.2" . "641" comment "01kaf5x00000000000000000m1" }
add element inet berth published { "22001" comment "01kaf5x00000000000000000m1" : "10.66.0.2" . "22" }
)");
  CHECK(change_elements(std::span(of_web).last(1), {}) == "delete element inet berth published { \"22001\" }\n");
}

TEST_CASE("a network's element opens its gateway to its own bridge") {
  CHECK(change_elements({}, elements_of(NetworkSpec{bob, *Subnet::parse("10.66.0.32/27")})) ==
        "add element inet berth gateways { \"bb000000000bbb\" . \"10.66.0.33\" comment \"01kaf5x0000000000000000bbb\" "
        "}\n");
}

TEST_CASE("machines of one user do not stand in each other's way") {
  CHECK(stale_for(of_web, of_db).empty());
  CHECK(stale_for(of_web, of_web).empty());
  CHECK(stale_for(elements_of(NetworkSpec{alice, *Subnet::parse("10.66.0.0/27")}), of_web).empty());
}

TEST_CASE("who holds the address, the port or the tap loses everything") {
  const auto all = together(of_web, of_db);
  CHECK(owners(stale_for(elements_of(machine(*MachineId::parse("01kaf5x00000000000000000m3"), bob, "10.66.0.2", 22003)),
                         all)) == "m1m1m1m1m1m1");
  CHECK(owners(stale_for(elements_of(machine(*MachineId::parse("01kaf5x00000000000000000m3"), bob, "10.66.0.9", 22002)),
                         all)) == "m2m2m2m2m2m2");
  // Ids that end alike give taps of one name.
  CHECK(owners(stale_for(elements_of(machine(*MachineId::parse("01kaf5y00000000000000000m1"), bob, "10.66.0.9", 22009)),
                         all)) == "m1m1m1m1m1m1");
}

TEST_CASE("a machine that has moved leaves nothing of its old place") {
  const auto stale = stale_for(elements_of(machine(web, alice, "10.66.0.7", 22001)), together(of_web, of_db));
  CHECK(stale == of_web);
}

TEST_CASE("an owner's elements are found by comment and by the name of its interface") {
  auto all = together(of_web, of_db);
  CHECK(owned_by(web, Kind::firewall, all) == of_web);
  CHECK(owned_by(web, Kind::network, all).empty());
  all.front().owner = "";
  CHECK(owned_by(web, Kind::firewall, all).size() == of_web.size());
}

TEST_CASE("what nft lists is read back as it was written") {
  Listing listing;
  REQUIRE(read_listing(R"({"nftables": [{"metainfo": {"version": "1.0.6"}},
    {"table": {"family": "inet", "name": "berth", "handle": 16}},
    {"set": {"family": "inet", "name": "members", "table": "berth", "type": ["ifname", "ipv4_addr"], "handle": 1, "elem": [
      {"elem": {"val": {"concat": ["bb000000000aaa", "10.66.0.2"]}, "comment": "01kaf5x00000000000000000m1"}}]}},
    {"map": {"family": "inet", "name": "published", "table": "berth", "type": "inet_service", "handle": 2,
      "map": "ipv4_addr . inet_service", "elem": [
      [{"elem": {"val": 22001, "comment": "01kaf5x00000000000000000m1"}}, {"concat": ["10.66.0.2", 22]}]]}},
    {"set": {"family": "inet", "name": "gateways", "table": "berth", "type": ["ifname", "ipv4_addr"], "handle": 3, "elem": [
      {"concat": ["bb1", "10.0.0.1"]}]}},
    {"rule": {"family": "inet", "table": "berth", "chain": "x", "handle": 4, "expr": [{"drop": null}]}}]})",
                       listing));
  REQUIRE(listing.elements.size() == 3);
  CHECK(listing.elements[0] == of_web[2]);
  CHECK(listing.elements[1] == of_web[5]);
  CHECK(listing.elements[2].owner.empty());
  CHECK(listing.rules.find("10.66.0.2") == std::string::npos);
  CHECK(listing.rules.find("handle") == std::string::npos);
  CHECK(listing.rules.find("drop") != std::string::npos);
}

TEST_CASE("a listing of another form is an error") {
  Listing listing;
  CHECK_FALSE(read_listing("", listing));
  CHECK_FALSE(read_listing("{}", listing));
  const auto odd = read_listing(
      R"({"nftables": [{"set": {"family": "inet", "name": "members", "elem": [{"concat": ["bb1"]}]}}]})", listing);
  REQUIRE_FALSE(odd);
  CHECK(odd.error().code == Code::firewall_failed);
}
