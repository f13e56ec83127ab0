// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/config.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "agent/api/requests.hpp"
#include "agent/model.hpp"
#include "core/config.hpp"

namespace berth::agent {
namespace {

namespace po = boost::program_options;
using std::chrono::seconds;

struct Key {
  const char* name;
  const char* value;
  const char* text;
};

constexpr Key keys[] = {
    {"socket", "/run/berth/agent.sock", "where the HTTP API is; a socket that systemd passes goes before it"},
    {"group", "berth", "who may use the socket"},
    {"state", "/var/lib/berth/agent", "folder of the database"},
    {"hypervisor", "/run/berth/hypervisor.sock", "the hypervisor manager's socket"},

    {"user_sessions", "10", "sessions that a user may have"},
    {"user_cpus", "32", "virtual CPUs of a user's sessions"},
    {"user_memory", "64G", "memory of a user's sessions"},
    {"user_disk", "512G", "disks of a user's sessions"},
    {"host_sessions", "1000", "sessions of all users"},
    {"host_cpus", "0", "virtual CPUs of all; 0 takes cpu_percent of what the host has"},
    {"host_memory", "0", "memory of all; 0 takes memory_percent of what the host has"},
    {"host_disk", "0", "disks of all; 0 takes disk_percent of the storage's size"},
    {"cpu_percent", "400", "virtual CPUs for 100 of the host's"},
    {"memory_percent", "90", "guests' memory of the host's"},
    {"disk_percent", "100", "disks of the storage's size; they grow as they are written"},

    {"pool", "10.66.0.0/16", "addresses for machines, private ones"},
    {"user_prefix", "27", "every user gets a block of this prefix out of the pool"},
    {"first_port", "20000", "ports of the host that lead to machines' SSH"},
    {"last_port", "29999", "the last of them"},

    {"ttl", "28800", "seconds that a session lives when its request does not say"},
    {"longest_ttl", "2592000", "seconds that a session may live from now"},
    {"ready_within", "300", "seconds for a started machine to answer"},
    {"shutdown_within", "60", "seconds for a guest to power off when asked; then its power is cut"},
    {"retry_for", "60", "seconds that a hypervisor manager which is away is waited for"},
    {"reconcile_every", "60", "seconds between two comparisons with the host"},
    {"keep_operations", "24", "hours that finished operations and idempotency keys are kept at most"},
    {"keep_events", "50000", "events that are kept"},
    {"adopt_nothing", "no", "start with an empty database beside objects of Berth's on the host"},
    {"workers", "4", "sessions that are worked on at a time, up to 8; of one user half of them, at least one"},

    {"http_workers", "4", "requests that are answered at a time"},
    {"connections", "1024", "connections that are open at a time"},
    {"connections_per_peer", "512", "of one user of the host"},
    {"streams", "64", "event streams that are open at a time"},
    {"streams_per_peer", "16", "of one user of the host"},
    {"uploads", "2", "uploads at a time"},
    {"uploads_per_peer", "1", "of one user of the host"},
    {"most_upload", "64G", "bytes of an uploaded image file"},
    {"request_within", "5", "seconds from a request's first byte to its last"},
    {"keep_alive", "30", "seconds that a connection may rest between requests"},
};

po::options_description options() {
  po::options_description all(
      "berth-agent answers Berth's HTTP API and makes sessions what they should be.\n"
      "Keys of /etc/berth/agent.conf, and with two hyphens of the command line");
  for (const auto& [name, value, text] : keys)
    all.add_options()(name, po::value<std::string>()->default_value(value), text);
  return all;
}

/// Reads values one after another; the first that is wrong is kept.
class Values {
 public:
  explicit Values(const po::variables_map& values) : values_(values) {}

  std::uint64_t number(const char* key, std::uint64_t least, std::uint64_t most, bool sizes = false) {
    return checked(config_number(values_, key, least, most, sizes)).value_or(least);
  }
  seconds time(const char* key, std::uint64_t least, std::uint64_t most) { return seconds(number(key, least, most)); }
  bool flag(const char* key) { return checked(config_flag(values_, key)).value_or(false); }
  std::string text(const char* key) const { return config_text(values_, key); }
  std::filesystem::path path(const char* key) {
    const std::filesystem::path path = text(key);
    if (!path.is_absolute()) refuse(key, "must be an absolute path");
    return path;
  }
  Bytes mebibytes(const char* key, Bytes least, Bytes most) {
    const auto bytes = number(key, least, most, true);
    if (bytes % MiB != 0) refuse(key, "must be whole mebibytes");
    return bytes;
  }

  void refuse(const char* key, const char* reason) {
    (void)checked(Result<int>(std::unexpected(Error{Code::invalid_field, reason, {{"key", key}}})));
  }
  Result<void> result() const { return wrong_ ? Result<void>(std::unexpected(*wrong_)) : Result<void>(); }

 private:
  template <class T>
  Result<T> checked(Result<T> result) {
    if (!result && !wrong_) wrong_ = result.error();
    return result;
  }

  const po::variables_map& values_;
  std::optional<Error> wrong_;
};

/// Where 0 does not stand for a figure that is worked out there must be room for the smallest session.
Quota quota(Values& values, const std::string& whose, const Size& least) {
  const auto key = [&](const char* what) { return whose + "_" + what; };
  return {.sessions = values.number(key("sessions").c_str(), 1, 100'000),
          .cpus = values.number(key("cpus").c_str(), least.cpus, 1'000'000),
          .memory = values.mebibytes(key("memory").c_str(), least.memory, 1'000'000 * GiB),
          .disk = values.mebibytes(key("disk").c_str(), least.disk, 1'000'000 * GiB)};
}

void read_limits(Values& values, Limits& limits) {
  limits.user = quota(values, "user", {1, least_memory, least_disk});
  limits.host = quota(values, "host", {0, 0, 0});
  limits.cpu_percent = static_cast<unsigned>(values.number("cpu_percent", 1, 10'000));
  limits.memory_percent = static_cast<unsigned>(values.number("memory_percent", 1, 1'000));
  limits.disk_percent = static_cast<unsigned>(values.number("disk_percent", 1, 10'000));
}

/// Private addresses (RFC 1918, RFC 6598): the only ones that the unit file lets the agent greet machines at
/// (IPAddressAllow in berth-agent.service).
bool is_reachable(const Subnet& pool) {
  return std::ranges::any_of(std::array{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"},
                             [&](const char* text) {
                               const auto range = Subnet::parse(text).value();
                               return range.prefix() <= pool.prefix() && range.contains(pool.base());
                             });
}

void read_addresses(Values& values, Settings& settings) {
  const auto pool = Subnet::parse(values.text("pool"));
  if (pool)
    settings.pool = *pool;
  else
    values.refuse("pool", "must be a block of addresses such as 10.66.0.0/16, without bits below its prefix");
  if (pool && !is_reachable(*pool))
    values.refuse("pool", "must lie within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10");
  settings.user_prefix = static_cast<unsigned>(values.number("user_prefix", settings.pool.prefix(), 30));
  settings.first_port = static_cast<std::uint16_t>(values.number("first_port", 1024, 65535));
  settings.last_port = static_cast<std::uint16_t>(values.number("last_port", settings.first_port, 65535));
}

void read_times(Values& values, Settings& settings) {
  const auto decade = static_cast<std::uint64_t>(most_time_to_live.count());
  settings.longest_time_to_live = values.time("longest_ttl", 1, decade);
  settings.default_time_to_live =
      values.time("ttl", 1, static_cast<std::uint64_t>(settings.longest_time_to_live.count()));
  settings.ready_within = values.time("ready_within", 1, 3'600);
  settings.shutdown_within = values.time("shutdown_within", 1, 3'600);
  settings.retry_for = values.time("retry_for", 1, 3'600);
  settings.reconcile_every = values.time("reconcile_every", 1, 86'400);
  settings.keep_operations = std::chrono::hours(values.number("keep_operations", 1, 8'760));
  settings.keep_events = values.number("keep_events", 1'000, 10'000'000);
}

void read_gate(Values& values, GateSettings& gate) {
  gate.workers = static_cast<unsigned>(values.number("http_workers", 1, 64));
  gate.connections.total = values.number("connections", 16, 4'096);
  gate.connections.per_peer = values.number("connections_per_peer", 8, gate.connections.total);
  gate.lanes.streams = values.number("streams", 1, 256);
  gate.lanes.streams_per_peer = values.number("streams_per_peer", 1, gate.lanes.streams);
  gate.lanes.uploads = values.number("uploads", 1, 16);
  gate.lanes.uploads_per_peer = values.number("uploads_per_peer", 1, gate.lanes.uploads);
  gate.most_upload_bytes = values.number("most_upload", MiB, 16 * 1024 * GiB, true);
  gate.request_within = values.time("request_within", 1, 60);
  gate.keep_alive = values.time("keep_alive", 1, 600);
}

Config::Wish wish_of(const po::variables_map& values) {
  if (values.contains("help")) return Config::Wish::help;
  if (values.contains("version")) return Config::Wish::version;
  return values.contains("check-config") ? Config::Wish::check : Config::Wish::serve;
}

}  // namespace

Result<Config> read_config(int argc, const char* const* argv, const std::filesystem::path& file) {
  const auto given = TRY(berth::read_config(options(), argc, argv, file));
  Values values(given);
  Config config;
  config.wish = wish_of(given);
  config.socket = values.path("socket");
  config.state = values.path("state");
  config.hypervisor = values.path("hypervisor");
  config.group = values.text("group");
  read_limits(values, config.settings.limits);
  read_addresses(values, config.settings);
  read_times(values, config.settings);
  config.settings.workers = static_cast<unsigned>(values.number("workers", 1, 8));
  config.settings.adopt_nothing = values.flag("adopt_nothing");
  read_gate(values, config.gate);
  if (auto sound = values.result(); !sound)
    return std::unexpected(std::move(sound).error().with("file", given["config"].as<std::string>()));
  return config;
}

std::string config_help() {
  std::ostringstream text;
  text << options() << "  --config FILE, --check-config, --help, --version\n";
  return text.str();
}

}  // namespace berth::agent
