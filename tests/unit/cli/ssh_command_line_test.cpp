// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/ssh_command_line.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "core/process.hpp"
#include "fake_agent.hpp"

using namespace berth;
using namespace berth::cli;

namespace {

Machine machine() {
  return {"01hzzzzzzzzzzzzzzzzzzzzzz2", "web", "10.66.0.2", "root", 22, 20001, test::host_key};
}

using Words = std::vector<std::string>;

/// What ssh makes of the line (`ssh -G`), one "key value" a line.
std::string understood(Words line) {
  line.front() = "-G";
  const auto finished = run({.path = "/usr/bin/ssh", .arguments = line, .environment = {"HOME=/nonexistent"}});
  REQUIRE(finished);
  INFO(finished->errors);
  REQUIRE(finished->status == 0);
  return "\n" + finished->output;
}

}  // namespace

TEST_CASE("a machine without a known host key, or with a crafted one, is not talked to") {
  auto unknown = machine();
  unknown.host_key.clear();
  const auto target = SshTarget::of(unknown);
  REQUIRE_FALSE(target);
  CHECK(target.error().exit == Exit::refused);
  CHECK(target.error().error.message.find("host key is not known") != std::string::npos);

  for (const auto& crafted :
       {std::string("-oProxyCommand=x"), std::string("10.66.0.2 -v"), std::string("example.org"), std::string()}) {
    auto bad = machine();
    bad.address = crafted;
    CHECK_FALSE(SshTarget::of(bad));
  }
  auto lines = machine();
  lines.host_key += "\n* " + test::host_key;
  CHECK_FALSE(SshTarget::of(lines));
  auto id = machine();
  id.id = "../../x";
  CHECK_FALSE(SshTarget::of(id));
  auto user = machine();
  user.ssh_user = "-x";
  CHECK_FALSE(SshTarget::of(user));
}

TEST_CASE("the line of known_hosts holds the one key under the machine's own name") {
  auto commented = machine();
  commented.host_key += " some comment";
  CHECK(SshTarget::of(commented)->known_hosts_line() == "berth-01hzzzzzzzzzzzzzzzzzzzzzz2 " + test::host_key);
}

TEST_CASE("the command is handed over behind the address, and nothing in it is an option") {
  const Words command{"-oProxyCommand=x", "--", "a b"};
  const auto line = ssh_command_line(*SshTarget::of(machine()), {}, command);
  const Words end(line.end() - 5, line.end());
  CHECK(end == Words{"--", "10.66.0.2", "-oProxyCommand=x", "--", "a b"});
  CHECK(line.front() == "ssh");
}

TEST_CASE("ssh understands the line as it is meant") {
  if (!std::filesystem::exists("/usr/bin/ssh")) {
    WARN("/usr/bin/ssh is missing (openssh-client): not checked what it makes of the line");
    return;
  }
  const SshIdentities identities{{"/home/a b/50%/id", "/x\"y\\z"}, true};
  const auto config = understood(ssh_command_line(*SshTarget::of(machine()), identities, Words{"-oPort=99", "true"}));
  for (const char* expected :
       {"\nhostname 10.66.0.2\n", "\nuser root\n", "\nport 22\n", "\nstricthostkeychecking true\n",
        "\nhostkeyalias berth-01hzzzzzzzzzzzzzzzzzzzzzz2\n", "\nglobalknownhostsfile none\n",
        "\nuserknownhostsfile none\n", "\nidentitiesonly yes\n", "\nidentityfile /home/a b/50%%/id\n",
        "\nidentityfile /x\"y\\z\n", "\ncontrolmaster false\n", "\npreferredauthentications publickey\n",
        "\ncheckhostip no\n"}) {
    CAPTURE(expected, config);
    CHECK(config.find(expected) != std::string::npos);
  }
  CHECK(config.find("\nknownhostscommand /bin/echo berth-01hzzzzzzzzzzzzzzzzzzzzzz2 " + test::host_key + "\n") !=
        std::string::npos);
  CHECK(config.find("\nproxycommand") == std::string::npos);
}
