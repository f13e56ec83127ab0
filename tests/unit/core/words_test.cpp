#include <catch2/catch.hpp>

#include "core/ipv4.hpp"
#include "core/label.hpp"
#include "core/ssh_key.hpp"

using namespace berth;

TEST_CASE("a label is a DNS label and never a part of a path") {
  for (const char* good : {"a", "web", "web-1", "a23456789012345678901234567890bc"}) CHECK(parse_label(good, "name"));
  for (const char* bad : {"", "Web", "1web", "-web", "web-", "web.x", "a/b", "..", "a b", "a\n", "w\xc3\xa9", "a_b",
                          "a234567890123456789012345678901234"})
    CHECK_FALSE(parse_label(bad, "name"));
  CHECK_FALSE(parse_label(std::string(300, 'a'), "name"));
  CHECK_FALSE(parse_label(std::string("a\0b", 3), "name"));
  CHECK(parse_label("", "user").error().details.front().second == "user");
  CHECK(parse_image_label("debian-12.5", "name"));
  CHECK_FALSE(parse_image_label("debian..12", "name"));
  CHECK_FALSE(parse_image_label(".debian", "name"));
}

TEST_CASE("subnets are cut into blocks, and know who may have which address") {
  const auto pool = *Subnet::parse("10.66.0.0/16");
  CHECK(pool.blocks(27) == 2048);
  const auto block = pool.block(27, 2047);
  CHECK(block.str() == "10.66.255.224/27");
  CHECK(block.gateway().str() == "10.66.255.225");
  CHECK(block.machines() == 29);
  CHECK(block.is_machine(block.machine(28)));
  CHECK_FALSE(block.is_machine(block.machine(29)));
  CHECK_FALSE(block.is_machine(block.gateway()));
  CHECK_FALSE(block.is_machine(*Ipv4::parse("10.66.0.2")));
  for (const char* bad : {"10.66.0.0", "10.66.0.1/16", "10.66.0.0/31", "10.66.0.0/7", "10.66.0.0/", "10.66.0/16",
                          "::/64", "10.66.0.0/16 "})
    CHECK_FALSE(Subnet::parse(bad));
  for (const char* bad : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "01.2.3.4"}) CHECK_FALSE(Ipv4::parse(bad));
}

TEST_CASE("a public key is taken without options, and known by its fingerprint") {
  // Made by `ssh-keygen -t ed25519`; the fingerprint is what `ssh-keygen -l` says.
  const std::string line =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIZPNfjvNTGDYQ3zOgmjP9qNxWAiTWkRhU2Iqf7NBo8V alice@laptop";
  const auto key = SshKey::parse(line + "\n");
  REQUIRE(key);
  CHECK(key->line() == line);
  CHECK(key->comment() == "alice@laptop");
  CHECK(key->fingerprint().starts_with("SHA256:"));
  for (const std::string& bad :
       {std::string("command=\"x\" ") + line, std::string("ssh-ed25519"), std::string("ssh-ed25519 AAAA"),
        std::string("ssh-rsa" + line.substr(11)), line + "\nssh-rsa AAAA", line + " \"quoted\"", line + "\\",
        std::string(), std::string("ssh-ed25519 !!!!"), line + std::string(3000, 'x'), line + std::string(256, 'x')})
    CHECK_FALSE(SshKey::parse(bad));
}
