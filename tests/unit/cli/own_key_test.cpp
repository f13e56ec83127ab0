// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/own_key.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "fake_agent.hpp"

using namespace berth::cli;
namespace fs = std::filesystem;

TEST_CASE("berth's own key is made once, for its owner alone, also by several at once") {
  if (!fs::exists("/usr/bin/ssh-keygen")) {
    WARN("/usr/bin/ssh-keygen is missing (openssh-client): not checked");
    return;
  }
  const test::Folder home;
  const auto environment = [&](const char* name) {
    return std::string(name) == "HOME" ? home.path.string() : std::string();
  };
  CHECK_FALSE(existing_own_key(environment));

  std::set<std::string> fingerprints;
  std::mutex lock;
  {
    std::vector<std::jthread> all;
    for (int i = 0; i < 4; ++i)
      all.emplace_back([&] {
        const auto key = own_key(environment);
        const std::lock_guard guard(lock);
        fingerprints.insert(key ? key->key.fingerprint() : key.error().error.message);
      });
  }
  REQUIRE(fingerprints.size() == 1);
  CHECK(fingerprints.begin()->starts_with("SHA256:"));

  const auto file = home.path / ".config/berth/id_ed25519";
  CHECK(existing_own_key(environment)->file == file);
  CHECK((fs::status(file).permissions() & fs::perms::all) == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK((fs::status(file.parent_path()).permissions() & fs::perms::all) == fs::perms::owner_all);
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(file.parent_path())) left.insert(entry.path().filename().string());
  CHECK(left == std::set<std::string>{"id_ed25519", "id_ed25519.pub"});
}

TEST_CASE("the folder follows the XDG variable when it is absolute") {
  std::map<std::string, std::string> variables{{"HOME", "/home/a"}};
  const auto environment = [&](const char* name) { return variables.contains(name) ? variables[name] : std::string(); };
  CHECK(config_folder(environment) == "/home/a/.config/berth");
  variables["XDG_CONFIG_HOME"] = "relative";
  CHECK(config_folder(environment) == "/home/a/.config/berth");
  variables["XDG_CONFIG_HOME"] = "/etc/x";
  CHECK(config_folder(environment) == "/etc/x/berth");
}
