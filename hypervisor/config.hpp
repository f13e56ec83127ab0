// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>

#include "core/error.hpp"
#include "core/ipv4.hpp"
#include "core/spec.hpp"

namespace berth::hypervisor {

/// What the operator decides: /etc/berth/hypervisor.conf, and the same names on the command line.
struct Config {
  std::filesystem::path state_folder;  ///< volumes, images and keys
  std::filesystem::path run_folder;    ///< seeds; must lie in memory
  std::filesystem::path socket;
  std::string agent_user;  ///< whom the bus serves besides root
  std::filesystem::path image_inspector;
  std::string inspector_user;
  bool allow_emulation = false;
  Bytes most_image_file = 0;
  Bytes most_image_virtual = 0;
  Bytes reserve = 0;                            ///< bytes of the file system that no import uses up
  Subnet pool;                                  ///< addresses that the agent may give to machines
  std::uint16_t first_port = 0, last_port = 0;  ///< ports of the host that it may lead to their SSH
  bool check_only = false;                      ///< --check-config: say whether it is sound, and stop
  std::string guest_blocked, guest_allowed;     ///< blocks of addresses, comma-separated; netiso reads them
  unsigned guest_connections = 0;               ///< that one machine may hold
};

/// A text to print instead of running, for --help and --version.
struct Answer {
  std::string text;
};

Result<std::variant<Config, Answer>> read_hypervisor_config(int argc, const char* const* argv);

}  // namespace berth::hypervisor
