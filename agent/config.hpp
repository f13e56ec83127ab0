// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <string>

#include "agent/http/gate.hpp"
#include "agent/settings.hpp"
#include "core/error.hpp"

namespace berth::agent {

inline constexpr const char* config_file = "/etc/berth/agent.conf";

/// Everything that /etc/berth/agent.conf and the command line can say.
struct Config {
  std::filesystem::path socket, state, hypervisor;
  std::string group;  ///< who may use the socket
  GateSettings gate;
  Settings settings;

  /// What the command line asks for instead of a service.
  enum class Wish { serve, check, help, version };
  Wish wish = Wish::serve;
};

/// `invalid_field` names file, key and reason.
Result<Config> read_config(int argc, const char* const* argv, const std::filesystem::path& file = config_file);

/// The text of --help.
std::string config_help();

}  // namespace berth::agent
