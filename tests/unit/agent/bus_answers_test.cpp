// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/host/bus_answers.hpp"

#include <catch2/catch.hpp>

using namespace berth;
using namespace berth::agent;

TEST_CASE("The hypervisor manager's answers are read as the contract has them") {
  const auto id = Id::make();
  CHECK(parse_presence_answer(R"({"state": "damaged", "detail": "no bridge"})")->detail == "no bridge");
  CHECK(parse_ids("[]")->empty());
  CHECK(parse_ids("[\"" + id.str() + "\"]")->at(0) == id);
  const auto domains = parse_domains("{\"" + id.str() + R"(": {"state": "paused", "agent": true}})").value();
  CHECK(domains.at(MachineId(id)).power == MachineState::Power::paused);
  CHECK(domains.at(MachineId(id)).agent);
  const auto facts =
      parse_facts(R"({"accelerator": "qemu", "cpus": 2, "memory": 5, "storage_total": 9, "storage_free": 8,
      "checks": [{"name": "kvm", "state": "warning", "detail": "d", "remedy": "r"}]})")
          .value();
  CHECK(facts.cpus == 2);
  CHECK(facts.checks.at(0).remedy == "r");
  const auto image =
      R"({"id": ")" + std::string(64, 'a') + R"(", "file_size": 1, "virtual_size": 2, "has_kernel": true})";
  CHECK(parse_image(image)->virtual_size == 2);
  CHECK(parse_images("[" + image + "]")->size() == 1);
  CHECK(parse_machine_event("crashed") == MachineEvent::crashed);
  CHECK(!parse_machine_event("sang"));
}

TEST_CASE("An answer that is not as agreed is an error, not a guess") {
  CHECK(parse_domains(R"({"x": {"state": "running", "agent": true}})").error().code == Code::internal);
  CHECK(parse_domains("[]").error().code == Code::internal);
  CHECK(parse_ids(R"(["x"])").error().code == Code::internal);
  CHECK(parse_ids("{}").error().code == Code::internal);
  CHECK(parse_facts("{}").error().code == Code::internal);
  CHECK(parse_image(R"({"id": "x"})").error().code == Code::internal);
  CHECK(!parse_presence_answer("nonsense"));
}
