// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/bounds.hpp"

#include <catch2/catch.hpp>

using namespace berth;

namespace {

const Bounds bounds{Block::parse("10.66.0.0/16").value(), 20000, 29999};

Result<void> subnet(const char* text) {
  NetworkSpec spec;
  spec.subnet = Subnet::parse(text).value();
  return bounds.check(spec);
}

Result<void> entry(const char* address, std::uint16_t port) {
  FirewallSpec spec;
  spec.address = Ipv4::parse(address).value();
  spec.ssh_port = port;
  return bounds.check(spec);
}

std::string field_of(const Result<void>& refused) {
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::invalid_field);
  return refused.error().details.front().second;
}

}  // namespace

TEST_CASE("a user's subnet lies in the pool as a whole") {
  for (const auto* inside : {"10.66.0.0/27", "10.66.255.252/30", "10.66.0.0/16"}) CHECK(subnet(inside));
  for (const auto* outside : {"169.254.169.252/30", "10.65.255.252/30", "10.67.0.0/30", "10.66.0.0/15", "10.0.0.0/8"})
    CHECK(field_of(subnet(outside)) == "subnet");
}

TEST_CASE("a machine's address and port lie in what is the machines'") {
  CHECK(entry("10.66.0.2", 20000));
  CHECK(entry("10.66.255.254", 29999));
  CHECK(field_of(entry("169.254.169.254", 20000)) == "address");
  CHECK(field_of(entry("10.67.0.2", 20000)) == "address");
  for (const std::uint16_t port : {0, 22, 8443, 19999, 30000, 65535})
    CHECK(field_of(entry("10.66.0.2", port)) == "ssh_port");
}

TEST_CASE("a refusal names what is allowed") {
  CHECK(describe(subnet("10.67.0.0/30").error()).contains("10.66.0.0/16"));
  CHECK(describe(entry("10.66.0.2", 8443).error()).contains("20000 to 29999"));
}
