// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/host/ssh_greeting.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>

#include "core/fd.hpp"

namespace berth::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

bool ready(int fd, short what, steady_clock::time_point end) {
  const auto left = std::chrono::duration_cast<milliseconds>(end - steady_clock::now());
  pollfd watch{fd, what, 0};
  return poll(&watch, 1, static_cast<int>(std::max<milliseconds::rep>(left.count(), 0))) == 1;
}

bool connected(int fd, Ipv4 address, std::uint16_t port, steady_clock::time_point end) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(port);
  peer.sin_addr.s_addr = htonl(address.value);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0) return true;
  if (errno != EINPROGRESS || !ready(fd, POLLOUT, end)) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

}  // namespace

bool ssh_greets(Ipv4 address, std::uint16_t port, milliseconds within) {
  constexpr std::string_view greeting = "SSH-";
  const auto end = steady_clock::now() + within;
  const Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd || !connected(fd.get(), address, port, end)) return false;
  std::string got;
  while (got.size() < greeting.size() && ready(fd.get(), POLLIN, end)) {
    char bytes[greeting.size()];
    const auto size = recv(fd.get(), bytes, greeting.size() - got.size(), 0);
    if (size <= 0) return false;
    got.append(bytes, static_cast<std::size_t>(size));
  }
  return got == greeting;
}

}  // namespace berth::agent
