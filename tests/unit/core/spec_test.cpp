#include "core/spec.hpp"

#include <catch2/catch.hpp>

#include "core/json.hpp"

using namespace berth;

namespace {

const SshKey key = *SshKey::parse("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIZPNfjvNTGDYQ3zOgmjP9qNxWAiTWkRhU2Iqf7NBo8V");

std::vector<Spec> one_of_each() {
  const auto user = UserId::make();
  const auto machine = MachineId::make();
  const auto volume = VolumeId::make();
  const auto image = *ImageId::parse(std::string(64, 'a'));
  const auto address = *Ipv4::parse("10.66.0.2");
  return {KeySpec{user}, VolumeSpec{volume, user, image, 256 * MiB}, NetworkSpec{user, *Subnet::parse("10.66.0.0/27")},
          FirewallSpec{machine, user, address, 20'000},
          DomainSpec{machine, user, volume, image, "web", 2, 512 * MiB, address, {key}}};
}

}  // namespace

TEST_CASE("every spec comes back from its JSON as it was") {
  for (const auto& spec : one_of_each()) CHECK(*parse_spec(kind_of(spec), spec_to_json(spec)) == spec);
}

TEST_CASE("a spec with a field too many, too few or wrong is refused") {
  for (const auto& spec : one_of_each()) {
    const auto good = *parse_json(spec_to_json(spec));
    auto more = good;
    more["more"] = 1;
    CHECK_FALSE(parse_spec(kind_of(spec), dump_json(more)));
    for (const auto& [field, value] : good.items()) {
      INFO(name_of(kind_of(spec)) << "." << field);
      auto less = good;
      less.erase(field);
      CHECK_FALSE(parse_spec(kind_of(spec), dump_json(less)));
      auto wrong = good;
      wrong[field] = value.is_number() ? nlohmann::json(-1) : nlohmann::json("../../etc/shadow");
      CHECK_FALSE(parse_spec(kind_of(spec), dump_json(wrong)));
    }
  }
}

TEST_CASE("kinds have names") {
  for (const auto kind : kinds) CHECK(*parse_kind(name_of(kind)) == kind);
  CHECK_FALSE(parse_kind("Key"));
}
