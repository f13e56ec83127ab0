// SPDX-License-Identifier: LGPL-2.1-or-later
#include <libvirt/libvirt.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "core/fd.hpp"
#include "hypervisor/config.hpp"
#include "hypervisor/guests.hpp"
#include "hypervisor/host_check.hpp"
#include "hypervisor/lifecycle.hpp"
#include "specs.hpp"

using namespace berth;
using namespace berth::hypervisor;

namespace {

/// What the command line says, above an empty file.
Result<std::variant<Config, Answer>> config_of(const std::vector<const char*>& more) {
  std::string file = "/tmp/berth-config-XXXXXX";
  const Fd empty(mkstemp(file.data()));
  std::vector<const char*> arguments{"berth-hypervisor", "--config", file.c_str()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  auto read = read_hypervisor_config(static_cast<int>(arguments.size()), arguments.data());
  std::filesystem::remove(file);
  return read;
}

}  // namespace

TEST_CASE("a guest that powers off, one that dies and one that is ended are told apart") {
  const auto stopped = [](int detail) { return std::string(lifecycle_word(VIR_DOMAIN_EVENT_STOPPED, detail)); };
  CHECK(stopped(VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN) == "shutdown");
  CHECK(stopped(VIR_DOMAIN_EVENT_STOPPED_CRASHED) == "crashed");
  CHECK(stopped(VIR_DOMAIN_EVENT_STOPPED_FAILED) == "crashed");
  CHECK(stopped(VIR_DOMAIN_EVENT_STOPPED_DESTROYED) == "stopped");
  CHECK(lifecycle_word(VIR_DOMAIN_EVENT_STARTED, 0) == std::string("started"));
  CHECK(lifecycle_word(VIR_DOMAIN_EVENT_RESUMED, 0) == nullptr);
}

TEST_CASE("keys for a running machine are read strictly") {
  const auto line = "\"" + std::string(test::key_line) + "\"";
  CHECK(parse_ssh_keys("[]").value().empty());
  CHECK(parse_ssh_keys("[" + line + "]").value().front().line() == test::key_line);
  CHECK_FALSE(parse_ssh_keys("{}"));
  CHECK_FALSE(parse_ssh_keys("[1]"));
  CHECK_FALSE(parse_ssh_keys("[\"command=\\\"sh\\\" ssh-ed25519 AAAA\"]"));
  std::string many = "[" + line;
  for (std::size_t i = 1; i < most_ssh_keys; ++i) many += "," + line;
  CHECK(parse_ssh_keys(many + "]").value().size() == most_ssh_keys);
  CHECK_FALSE(parse_ssh_keys(many + "," + line + "]"));
}

TEST_CASE("storage and memory that run low are said before they are out") {
  CHECK(storage_check(100 * GiB, 50 * GiB).state == HostCheck::State::ok);
  CHECK(storage_check(100 * GiB, 9 * GiB).state == HostCheck::State::warning);
  CHECK(storage_check(5 * GiB, GiB - 1).state == HostCheck::State::failed);
  CHECK_FALSE(storage_check(5 * GiB, 0).remedy.empty());
  CHECK(memory_check(GiB).state == HostCheck::State::ok);
  CHECK(memory_check(100 * MiB).state == HostCheck::State::warning);
}

TEST_CASE("the configuration has safe defaults and names what it refuses") {
  const auto read = config_of({});
  REQUIRE(read);
  const auto& config = std::get<Config>(*read);
  CHECK_FALSE(config.allow_emulation);
  CHECK_FALSE(config.check_only);
  CHECK(config.agent_user == "berth");
  CHECK(config.pool.str() == "10.66.0.0/16");
  CHECK(config.first_port == 20000);
  CHECK(config.last_port == 29999);
  CHECK(std::get<Config>(*config_of({"--allow_emulation=yes"})).allow_emulation);
  CHECK(std::get<Config>(*config_of({"--check-config"})).check_only);
  CHECK(std::get<Config>(*config_of({"--disk_reserve=2G"})).reserve == 2 * GiB);
  CHECK(std::get<Answer>(*config_of({"--version"})).text.starts_with("berth-hypervisor "));
  for (const char* wrong :
       {"--allow_emulation=maybe", "--state_folder=here", "--run_folder=/a/../b", "--image_size_limit=-1",
        "--disk_reserve=1X", "--pool=10.66.0.1/16", "--pool=all", "--first_port=22", "--last_port=19999",
        "--last_port=65536", "--allow_emu=yes", "--nonsense=1"})
    CHECK(config_of({wrong}).error().code == Code::invalid_field);
}
