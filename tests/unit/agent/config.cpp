// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/config.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <vector>

#include "core/id.hpp"

using namespace berth;
using namespace berth::agent;

namespace {

/// A configuration file with this text.
class File {
 public:
  explicit File(const std::string& text) { std::ofstream(path_) << text; }
  ~File() { std::filesystem::remove(path_); }

  Result<Config> read(std::vector<const char*> arguments = {}) const {
    arguments.insert(arguments.begin(), "berth-agent");
    return read_config(static_cast<int>(arguments.size()), arguments.data(), path_);
  }
  std::string name() const { return path_.string(); }

 private:
  const std::filesystem::path path_ = std::filesystem::temp_directory_path() / ("berth-conf-" + Id::make().str());
};

}  // namespace

TEST_CASE("without a file everything has the value that the headers say") {
  const auto config = File("").read().value();
  const Settings settings;
  const GateSettings gate;
  CHECK(config.socket == "/run/berth/agent.sock");
  CHECK(config.settings.pool == settings.pool);
  CHECK(config.settings.limits.user.memory == settings.limits.user.memory);
  CHECK(config.settings.limits.user.disk == settings.limits.user.disk);
  CHECK(config.settings.longest_time_to_live == settings.longest_time_to_live);
  CHECK(config.settings.default_time_to_live == settings.default_time_to_live);
  CHECK(config.settings.ready_within == settings.ready_within);
  CHECK(config.settings.keep_operations == settings.keep_operations);
  CHECK(config.settings.keep_events == settings.keep_events);
  CHECK(config.settings.last_port == settings.last_port);
  CHECK(config.gate.connections.total == gate.connections.total);
  CHECK(config.gate.most_upload_bytes == gate.most_upload_bytes);
  CHECK(config.gate.request_within == gate.request_within);
  CHECK(config.gate.keep_alive == gate.keep_alive);
}

TEST_CASE("a file sets values and the command line goes before it") {
  const File file("# ours\npool = 10.77.0.0/29\nuser_prefix=30\nuser_memory = 2G\nready_within = 20\n");
  const auto config = file.read({"--ready_within=30", "--check-config"}).value();
  CHECK(config.settings.pool.str() == "10.77.0.0/29");
  CHECK(config.settings.user_prefix == 30);
  CHECK(config.settings.limits.user.memory == 2 * GiB);
  CHECK(config.settings.ready_within == std::chrono::seconds(30));
  CHECK(config.wish == Config::Wish::check);
}

TEST_CASE("nonsense is refused, naming file and key") {
  for (const auto& [key, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"colour", "red"},
                                                                  {"user_sessions", "-1"},
                                                                  {"user_sessions", "0"},
                                                                  {"user_sessions", "ten"},
                                                                  {"user_memory", "1"},
                                                                  {"user_memory", "1.5G"},
                                                                  {"user_memory", "0"},
                                                                  {"user_memory", "1M"},
                                                                  {"user_disk", "0"},
                                                                  {"user_cpus", "0"},
                                                                  {"host_sessions", "0"},
                                                                  {"pool", "8.8.0.0/16"},
                                                                  {"pool", "172.32.0.0/16"},
                                                                  {"pool", "192.0.0.0/8"},
                                                                  {"pool", "10.66.0.1/16"},
                                                                  {"pool", "everything"},
                                                                  {"user_prefix", "8"},
                                                                  {"user_prefix", "31"},
                                                                  {"first_port", "80"},
                                                                  {"last_port", "1999"},
                                                                  {"ttl", "2592001"},
                                                                  {"ready_within", "0"},
                                                                  {"adopt_nothing", "true"},
                                                                  {"socket", "agent.sock"},
                                                                  {"http_workers", "0"},
                                                                  {"connections", "1000000"},
                                                                  {"connections_per_peer", "2000"},
                                                                  {"keep_alive", "18446744073709551616"}}) {
    INFO(key << " = " << value);
    const File file(std::string(key) + " = " + value + "\n");
    const auto config = file.read();
    REQUIRE_FALSE(config);
    const auto said = describe(config.error());
    CHECK(said.contains(key));
    CHECK(said.contains(file.name()));
  }
}

TEST_CASE("the help lists every key") {
  const auto help = config_help();
  for (const char* key : {"--socket", "--user_sessions", "--pool", "--http_workers", "--check-config"})
    CHECK(help.contains(key));
}

TEST_CASE("every private range is taken as a pool") {
  for (const char* pool : {"10.0.0.0/8", "172.31.0.0/16", "192.168.7.0/24", "100.127.0.0/16"})
    CHECK(File(std::string("pool = ") + pool + "\nuser_prefix = 29\n").read());
}
