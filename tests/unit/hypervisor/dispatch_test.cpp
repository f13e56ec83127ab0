// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/dispatch.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "specs.hpp"

using namespace berth;
using namespace berth::hypervisor;

namespace {

/// Holds what it is given, in memory.
struct FakeDriver : Driver {
  std::map<Id, Spec> held;
  Kind kind() const noexcept override { return Kind::domain; }
  Result<Presence> observe(const Spec& spec) override {
    if (!held.contains(id_of(spec))) return Presence{};
    return held.at(id_of(spec)) == spec ? Presence{Presence::State::present}
                                        : Presence{Presence::State::damaged, "differs"};
  }
  Result<void> apply(const Spec& spec) override {
    if (std::get<DomainSpec>(spec).cpus > 4) return std::unexpected(Error{Code::start_failed, "too big"});
    held.insert_or_assign(id_of(spec), spec);
    return {};
  }
  Result<void> remove(const Id& id) override {
    held.erase(id);
    return {};
  }
  Result<std::vector<Id>> list() override {
    std::vector<Id> all;
    for (const auto& [id, spec] : held) all.push_back(id);
    return all;
  }
};

struct Served {
  FakeDriver driver;
  std::array<Driver*, 1> drivers{&driver};
  Dispatch dispatch{drivers};
};

}  // namespace

TEST_CASE("the four calls reach the driver of their kind") {
  Served served;
  auto spec = test::machine();
  CHECK(served.dispatch.observe("domain", spec_to_json(spec)).value() == R"({"detail":"","state":"absent"})");
  CHECK(served.dispatch.list("domain").value() == "[]");
  CHECK(served.dispatch.apply("domain", spec_to_json(spec)).value().empty());
  CHECK(served.dispatch.observe("domain", spec_to_json(spec)).value() == R"({"detail":"","state":"present"})");
  CHECK(served.dispatch.list("domain").value() == "[\"" + spec.machine.str() + "\"]");
  spec.cpus = 3;
  CHECK(served.dispatch.observe("domain", spec_to_json(spec)).value() == R"({"detail":"differs","state":"damaged"})");
  CHECK(served.dispatch.remove("domain", spec.machine.str()).value().empty());
  CHECK(served.dispatch.list("domain").value() == "[]");
}

TEST_CASE("a driver's error passes through as it is") {
  Served served;
  auto spec = test::machine();
  spec.cpus = 5;
  CHECK(served.dispatch.apply("domain", spec_to_json(spec)).error().code == Code::start_failed);
}

TEST_CASE("what is not strictly right never reaches a driver") {
  Served served;
  const auto good = spec_to_json(test::machine());
  CHECK(served.dispatch.apply("domains", good).error().code == Code::invalid_field);
  CHECK(served.dispatch.apply("volume", good).error().code == Code::internal);
  CHECK(served.dispatch.apply("domain", "{" + good).error().code == Code::malformed_request);
  CHECK(served.dispatch.apply("domain", R"({"a":1,)" + good.substr(1)).error().code == Code::invalid_field);
  CHECK(served.dispatch.apply("domain", std::string(100'000, '[')).error().code == Code::malformed_request);
  CHECK(served.dispatch.remove("domain", "../../etc").error().code == Code::invalid_field);
  CHECK(served.dispatch.remove("domain", "").error().code == Code::invalid_field);
  CHECK(served.dispatch.list("").error().code == Code::invalid_field);
  CHECK(served.driver.held.empty());
}
