// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/ssh_command_line.hpp"

#include <fmt/format.h>

#include "core/label.hpp"

namespace berth::cli {
namespace {

/// A path as one word of ssh_config(5), where quotes, blanks and percent signs mean something.
std::string quoted(const std::filesystem::path& path) {
  std::string text = "\"";
  for (const char c : path.string()) {
    if (c == '"' || c == '\\') text += '\\';
    if (c == '%') text += '%';
    text += c;
  }
  return text + "\"";
}

Failure no_host_key(const Machine& machine) {
  Failure failure(Exit::refused, "the machine's host key is not known yet, and ssh to a stranger is refused",
                  "it is made when the machine first starts: look at `berth show NAME`");
  failure.error.details.emplace_back("machine", machine.id);
  return failure;
}

}  // namespace

Outcome<SshTarget> SshTarget::of(const Machine& machine) {
  if (machine.host_key.empty()) return std::unexpected(no_host_key(machine));
  const auto id = TRY(MachineId::parse(machine.id));
  const auto address = TRY(Ipv4::parse(machine.address));
  auto user = TRY(parse_label(machine.ssh_user, "ssh.user"));
  auto key = TRY(SshKey::parse(machine.host_key));
  return SshTarget{id, address, static_cast<std::uint16_t>(machine.ssh_port), std::move(user), std::move(key)};
}

std::string SshTarget::alias() const {
  return "berth-" + machine.str();
}

std::string SshTarget::known_hosts_line() const {
  const auto& line = host_key.line();
  const auto end = line.find(' ', line.find(' ') + 1);  // without the comment
  return fmt::format("{} {}", alias(), line.substr(0, end));
}

std::vector<std::string> ssh_command_line(const SshTarget& target, const SshIdentities& identities,
                                          std::span<const std::string> command) {
  std::vector<std::string> line{"ssh"};
  const auto option = [&](std::string text) {
    line.emplace_back("-o");
    line.push_back(std::move(text));
  };
  option("HostKeyAlias=" + target.alias());
  // Said by a command, for a file would have to be removed when the machine is gone.
  option("KnownHostsCommand=/bin/echo " + target.known_hosts_line());
  for (const char* fixed :
       {"UserKnownHostsFile=none", "GlobalKnownHostsFile=none", "StrictHostKeyChecking=yes", "CheckHostIP=no",
        "UpdateHostKeys=no", "VerifyHostKeyDNS=no", "CanonicalizeHostname=no",
        // An address may have been another machine's before: no connection of that time is used again.
        "ControlMaster=no", "ControlPath=none", "ProxyCommand=none", "ProxyJump=none",
        "PreferredAuthentications=publickey", "ConnectTimeout=15"})
    option(fixed);
  if (identities.only) option("IdentitiesOnly=yes");
  for (const auto& file : identities.files) option("IdentityFile=" + quoted(file));
  line.insert(line.end(), {"-l", target.user, "-p", std::to_string(target.port), "--", target.address.str()});
  line.insert(line.end(), command.begin(), command.end());
  return line;
}

}  // namespace berth::cli
