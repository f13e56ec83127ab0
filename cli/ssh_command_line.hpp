// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "cli/answers.hpp"
#include "core/id.hpp"
#include "core/ipv4.hpp"
#include "core/ssh_key.hpp"

namespace berth::cli {

/// Where ssh has to go and whom it has to find there; every part is checked, so none can be an option or a second line.
struct SshTarget {
  MachineId machine;
  Ipv4 address;
  std::uint16_t port = 22;
  std::string user;
  SshKey host_key;

  /// A failure that says so when the machine's host key is not known: then nobody is talked to.
  static Outcome<SshTarget> of(const Machine& machine);
  /// What the host is called in known_hosts and for ssh, whatever address it has today.
  std::string alias() const;
  /// The one line of known_hosts that holds for it.
  std::string known_hosts_line() const;
};

/// Which keys ssh offers.
struct SshIdentities {
  std::vector<std::filesystem::path> files;  ///< private keys, in this order
  bool only = false;                         ///< none of the agent's beside: one of the files is known to be let in
};

/// ssh's arguments, its own name first. The user's ssh configuration is read, but nothing in it can change whom we talk
/// to, or trust another key than the target's. `command` is given to ssh as it is.
std::vector<std::string> ssh_command_line(const SshTarget& target, const SshIdentities& identities,
                                          std::span<const std::string> command);

}  // namespace berth::cli
