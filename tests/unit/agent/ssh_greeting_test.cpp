// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/host/ssh_greeting.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "core/fd.hpp"

using namespace berth;
using namespace berth::agent;
using std::chrono::milliseconds;

namespace {

constexpr Ipv4 loopback{0x7f000001};

/// Listens on a port of the kernel's choice and greets the first that comes with `words`, one send each.
class Server {
 public:
  explicit Server(std::vector<std::string> words) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(loopback.value);
    socklen_t size = sizeof address;
    REQUIRE(bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(fd_.get(), 1) == 0);
    REQUIRE(getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this, words = std::move(words)] {
      const Fd peer(accept(fd_.get(), nullptr, nullptr));
      for (const auto& word : words) (void)send(peer.get(), word.data(), word.size(), MSG_NOSIGNAL);
      char byte = 0;
      (void)recv(peer.get(), &byte, 1, 0);
    });
  }
  ~Server() { thread_.join(); }
  std::uint16_t port = 0;

 private:
  Fd fd_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("An SSH server is known by its greeting, also when that comes in pieces") {
  CHECK(ssh_greets(loopback, Server({"SSH-2.0-dropbear\r\n"}).port, milliseconds(2000)));
  CHECK(ssh_greets(loopback, Server({"S", "SH", "-2.0"}).port, milliseconds(2000)));
}

TEST_CASE("Whoever greets otherwise, says nothing, or is not there, is none") {
  CHECK(!ssh_greets(loopback, Server({"HTTP/1.1"}).port, milliseconds(2000)));
  CHECK(!ssh_greets(loopback, Server({}).port, milliseconds(100)));
  CHECK(!ssh_greets(loopback, Server({"SS"}).port, milliseconds(100)));
  const auto begun = std::chrono::steady_clock::now();
  CHECK(!ssh_greets(loopback, 1, milliseconds(500)));
  CHECK(!ssh_greets(Ipv4{0xc0000201}, 22, milliseconds(100)));  // 192.0.2.1, for documentation: nobody is there
  CHECK(std::chrono::steady_clock::now() - begun < milliseconds(1000));
}
