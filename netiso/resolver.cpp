// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/resolver.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "core/fd.hpp"

namespace berth {

bool resolver_listens(Ipv4 address) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(53);
  target.sin_addr.s_addr = htonl(address.value);
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0) return false;
  char byte = 0;
  if (send(socket.get(), &byte, sizeof byte, 0) < 0) return false;
  // On the host's own addresses the kernel's refusal is there when `send` returns.
  return recv(socket.get(), &byte, sizeof byte, 0) >= 0 || errno != ECONNREFUSED;
}

}  // namespace berth
