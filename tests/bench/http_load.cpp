// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks one thing again and again over some keep-alive connections to a unix socket, each waiting for its answer before
// it asks again, and prints requests a second and how long answers took. With --drip N, N more connections send a head
// byte by byte.
//
//   http_load SOCKET PATH [--connections 8] [--seconds 5] [--pause MICROSECONDS] [--drip 0]
//
// --pause lets a connection rest between its requests, so that what is measured is the waiting and not the load.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/fd.hpp"

namespace {

using berth::Fd;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "http_load: %s: %s\n", what.c_str(), std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
  std::exit(1);                                                                     // NOLINT(concurrency-mt-unsafe)
}

Fd connected(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("connect " + path);
  return fd;
}

/// One connection: asks, waits for the whole answer, asks again.
class Client {
 public:
  Client(const std::string& path, const std::string& request) : path_(path), request_(request), fd_(connected(path)) {}

  int fd() const { return fd_.get(); }
  steady_clock::time_point due() const { return due_; }
  bool asking() const { return asking_; }

  void ask() {
    asked_ = steady_clock::now();
    asking_ = true;
    if (send(fd_.get(), request_.data(), request_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request_.size()))
      fail("send");
  }

  /// Reads what is there; true when the answer is whole.
  bool receive() {
    std::array<char, 65536> bytes;
    const auto got = recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) fail("the server closed a connection");
    answer_.append(bytes.data(), static_cast<std::size_t>(got));
    const auto head = answer_.find("\r\n\r\n");
    if (head == std::string::npos || answer_.size() < head + 4 + length(head)) return false;
    if (!answer_.starts_with("HTTP/1.1 200")) fail("answered " + answer_.substr(0, 400));
    answer_.clear();
    asking_ = false;
    return true;
  }

  std::uint32_t took() const {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<microseconds>(steady_clock::now() - asked_).count());
  }
  void rest(microseconds pause) { due_ = steady_clock::now() + pause; }

 private:
  std::size_t length(std::size_t head) const {
    constexpr std::string_view name = "\r\nContent-Length: ";
    const auto at = answer_.find(name);
    std::size_t length = 0;
    if (at < head) std::from_chars(answer_.data() + at + name.size(), answer_.data() + head, length);
    return length;
  }

  std::string path_, request_, answer_;
  Fd fd_;
  steady_clock::time_point asked_, due_;
  bool asking_ = false;
};

/// Connections that send a byte of a head each, ten times a second, and come again when they are cut.
void drip(const std::string& path, std::size_t count, const std::atomic<bool>& stop) {
  std::vector<Fd> clients(count);
  std::size_t cut = 0;
  while (!stop) {
    for (auto& client : clients) {
      if (client && send(client.get(), "G", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1) {
        client = Fd();
        ++cut;
      }
      if (!client) client = connected(path);
    }
    std::this_thread::sleep_for(milliseconds(100));
  }
  std::printf("dripping connections %zu, cut %zu times\n", count, cut);
}

struct Plan {
  std::string socket, path;
  std::map<std::string, std::size_t> numbers{{"--connections", 8}, {"--seconds", 5}, {"--pause", 0}, {"--drip", 0}};
};

Plan parse(int argc, char** argv) {
  Plan plan;
  if (argc < 3 || argc % 2 == 0)
    fail("usage: http_load SOCKET PATH [--connections N] [--seconds N] [--pause N] [--drip N]");
  plan.socket = argv[1];
  plan.path = argv[2];
  for (int i = 3; i < argc; i += 2) plan.numbers.at(argv[i]) = std::strtoul(argv[i + 1], nullptr, 10);
  return plan;
}

std::vector<std::uint32_t> measure(const Plan& plan) {
  const std::string request = "GET " + plan.path + " HTTP/1.1\r\nHost: berth\r\n\r\n";
  const microseconds pause(plan.numbers.at("--pause"));
  std::vector<Client> clients;
  for (std::size_t i = 0; i < plan.numbers.at("--connections"); ++i) clients.emplace_back(plan.socket, request);
  const Fd epoll(epoll_create1(0));
  for (auto& client : clients) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &client}};
    epoll_ctl(epoll.get(), EPOLL_CTL_ADD, client.fd(), &event);
    client.ask();
  }
  std::vector<std::uint32_t> took;
  std::array<epoll_event, 64> events{};
  const auto end = steady_clock::now() + std::chrono::seconds(plan.numbers.at("--seconds"));
  while (steady_clock::now() < end) {
    const int ready = epoll_wait(epoll.get(), events.data(), events.size(), pause.count() > 0 ? 1 : 1000);
    for (int i = 0; i < ready; ++i) {
      auto& client = *static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (!client.receive()) continue;
      took.push_back(client.took());
      if (pause.count() > 0)
        client.rest(pause);
      else
        client.ask();
    }
    if (pause.count() == 0) continue;
    for (auto& client : clients)
      if (!client.asking() && client.due() <= steady_clock::now()) client.ask();
  }
  return took;
}

}  // namespace

int main(int argc, char** argv) {
  const Plan plan = parse(argc, argv);
  std::atomic<bool> stop{false};
  std::thread dripping;
  if (plan.numbers.at("--drip") > 0) {
    dripping = std::thread(drip, plan.socket, plan.numbers.at("--drip"), std::cref(stop));
    std::this_thread::sleep_for(milliseconds(500));
  }
  auto took = measure(plan);
  stop = true;
  if (dripping.joinable()) dripping.join();
  if (took.empty()) fail("no answer came");
  std::ranges::sort(took);
  const auto at = [&](double share) {
    return took[static_cast<std::size_t>(share * static_cast<double>(took.size() - 1))];
  };
  std::printf("requests/s %zu, median %u us, p99 %u us, longest %u us\n", took.size() / plan.numbers.at("--seconds"),
              at(0.5), at(0.99), took.back());
}
