// SPDX-License-Identifier: LGPL-2.1-or-later
/// usage: host-frame-sender INTERFACE FRAME...
/// Sends Ethernet frames, given in hexadecimal, as they are. Static, to run in any guest.
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

std::string bytes(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::strtoul(std::string(hex.substr(i, 2)).c_str(), nullptr, 16));
  return out;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  sockaddr_ll target{};
  target.sll_family = AF_PACKET;
  target.sll_ifindex = static_cast<int>(if_nametoindex(words[1]));
  for (int i = 2; i < count; ++i) {
    const auto frame = bytes(words[i]);
    if (sendto(fd, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&target), sizeof target) < 0) {
      std::perror(words[1]);
      return 1;
    }
  }
  return 0;
}
