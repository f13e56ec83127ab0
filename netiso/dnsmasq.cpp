// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/dnsmasq.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/fd.hpp"

namespace berth {
namespace {

namespace fs = std::filesystem;

constexpr int ends_within = 5000;  // ms

/// Whether the process is `…/dnsmasq --conf-file=…/NETWORK.conf …`, as libvirt starts it.
bool is_dnsmasq_of(const fs::path& process, const std::string& network) {
  std::ifstream file(process / "cmdline", std::ios::binary);
  const std::string line(std::istreambuf_iterator<char>(file), {});
  return line.substr(0, line.find('\0')).ends_with("/dnsmasq") && line.contains("/" + network + ".conf" + '\0');
}

}  // namespace

bool dnsmasq_listens(Ipv4 address) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(53);
  target.sin_addr.s_addr = htonl(address.value);
  char byte = 0;
  // On the host's own addresses the kernel's refusal is there when `send` returns. Any other fault says nothing about
  // who listens.
  return connect(socket.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0 ||
         send(socket.get(), &byte, sizeof byte, 0) < 0 || recv(socket.get(), &byte, sizeof byte, 0) >= 0 ||
         errno != ECONNREFUSED;
}

Result<void> end_dnsmasq(const std::string& network) {
  std::error_code fault;
  for (const auto& entry : fs::directory_iterator("/proc", fault)) {
    const auto number = static_cast<pid_t>(std::strtol(entry.path().filename().c_str(), nullptr, 10));
    if (number <= 0) continue;
    // Held before it is looked at, so that what is ended is what was seen.
    const Fd process(static_cast<int>(syscall(SYS_pidfd_open, number, 0)));
    if (!process || !is_dnsmasq_of(entry.path(), network)) continue;
    syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
    pollfd end{process.get(), POLLIN, 0};
    if (poll(&end, 1, ends_within) != 1)
      return std::unexpected(Error{Code::network_failed,
                                   "an old dnsmasq does not end",
                                   {{"network", network}, {"process", std::to_string(number)}}});
  }
  return {};
}

}  // namespace berth
