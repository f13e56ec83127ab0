// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/config.hpp"

#include <sstream>

#include "core/config.hpp"

namespace berth::hypervisor {
namespace {

namespace po = boost::program_options;

constexpr const char* default_file = "/etc/berth/hypervisor.conf";

po::options_description options() {
  po::options_description all("berth-hypervisor: runs machines for berth-agent. Options, also keys of " +
                              std::string(default_file));
  const auto text = [](const char* value) { return po::value<std::string>()->default_value(value); };
  auto add = all.add_options();
  add("state_folder", text("/var/lib/berth/hypervisor"), "where volumes, images and keys are kept");
  add("run_folder", text("/run/berth-hypervisor"), "where seeds are kept; must lie in memory");
  add("socket", text("/run/berth/hypervisor.sock"), "the bus, unless systemd passes a socket");
  add("agent_user", text("berth"), "the account that may use the bus besides root; it owns the socket");
  add("image_inspector", text("/usr/libexec/berth/berth-image-inspector"), "the program that looks into images");
  add("inspector_user", text("berth-inspect"), "the account that it runs as");
  add("allow_emulation", text("no"),
      "yes: run machines without KVM where KVM does not work; slow, and QEMU promises no isolation then");
  add("image_size_limit", text("64G"), "largest image file");
  add("image_disk_limit", text("16T"), "largest disk that an image may have for a guest");
  add("disk_reserve", text("1G"), "space on the state folder's file system that an image import leaves free");
  add("pool", text("10.66.0.0/16"), "addresses for machines; must cover the agent's pool");
  add("first_port", text("20000"), "ports of the host that may lead to machines' SSH; must cover the agent's");
  add("last_port", text("29999"), "the last of them");
  add("guest_blocked", text(""), "blocks of addresses that guests may not reach besides private ones, comma-separated");
  add("guest_allowed", text(""), "private blocks of addresses that guests may reach all the same, comma-separated");
  add("guest_connections", text("4096"), "connections that a machine may hold, and as many others to it");
  return all;
}

Result<std::filesystem::path> absolute(const po::variables_map& values, const std::string& key) {
  std::filesystem::path path = config_text(values, key);
  if (path.is_absolute() && path == path.lexically_normal()) return path;
  return std::unexpected(Error{Code::invalid_field, "must be an absolute path without detours", {{"key", key}}});
}

Result<Subnet> subnet(const po::variables_map& values, const std::string& key) {
  auto block = Subnet::parse(config_text(values, key));
  if (!block) return std::unexpected(std::move(block).error().with("key", key));
  return block;
}

Result<std::uint16_t> port(const po::variables_map& values, const std::string& key, std::uint16_t least) {
  return static_cast<std::uint16_t>(TRY(config_number(values, key, least, 65535)));
}

Result<Config> read(const po::variables_map& values) {
  Config config;
  config.state_folder = TRY(absolute(values, "state_folder"));
  config.run_folder = TRY(absolute(values, "run_folder"));
  config.socket = TRY(absolute(values, "socket"));
  config.agent_user = config_text(values, "agent_user");
  config.image_inspector = TRY(absolute(values, "image_inspector"));
  config.inspector_user = config_text(values, "inspector_user");
  config.allow_emulation = TRY(config_flag(values, "allow_emulation"));
  config.most_image_file = TRY(config_number(values, "image_size_limit", MiB, most_disk, true));
  config.most_image_virtual = TRY(config_number(values, "image_disk_limit", MiB, most_disk, true));
  config.reserve = TRY(config_number(values, "disk_reserve", 0, most_disk, true));
  config.pool = TRY(subnet(values, "pool"));
  config.first_port = TRY(port(values, "first_port", 1024));
  config.last_port = TRY(port(values, "last_port", config.first_port));
  config.guest_blocked = config_text(values, "guest_blocked");
  config.guest_allowed = config_text(values, "guest_allowed");
  config.guest_connections = static_cast<unsigned>(TRY(config_number(values, "guest_connections", 64, 1'000'000)));
  return config;
}

}  // namespace

Result<std::variant<Config, Answer>> read_hypervisor_config(int argc, const char* const* argv) {
  const auto all = options();
  const auto values = TRY(read_config(all, argc, argv, default_file));
  if (values.contains("help")) {
    std::ostringstream text;
    text << all << "\nAlso --config FILE, --check-config, --version, --help.\n";
    return Answer{text.str()};
  }
  if (values.contains("version")) return Answer{"berth-hypervisor " BERTH_VERSION "\n"};
  auto config = TRY(read(values));
  config.check_only = values.contains("check-config");
  return config;
}

}  // namespace berth::hypervisor
