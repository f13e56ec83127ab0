// SPDX-License-Identifier: LGPL-2.1-or-later
// api_load SOCKET PATH CONNECTIONS SECONDS: asks for PATH over a unix socket, as fast as answers come, on that many
// keep-alive connections of one thread each. Prints one line of JSON: requests, requests_per_second, median_us, p99_us.
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/fd.hpp"

namespace {

using std::chrono::steady_clock;

berth::Fd connected(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("the socket's path is too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  berth::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect to " + path + ": " + std::strerror(errno));
  return fd;
}

std::size_t length_of(const std::string& head) {
  const auto at = head.find("Content-Length: ");
  if (at == std::string::npos || !head.starts_with("HTTP/1.1 200 ")) throw std::runtime_error("unexpected answer: " + head);
  return std::strtoul(head.c_str() + at + 16, nullptr, 10);
}

/// One request and its whole answer.
void ask(int fd, const std::string& request) {
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    throw std::runtime_error("the connection was closed");
  std::string answer;
  char part[16384];
  for (auto end = std::string::npos;;) {
    const auto got = ::recv(fd, part, sizeof part, 0);
    if (got <= 0) throw std::runtime_error("the connection was closed in the middle of an answer");
    answer.append(part, static_cast<std::size_t>(got));
    if (end == std::string::npos && (end = answer.find("\r\n\r\n")) == std::string::npos) continue;
    if (answer.size() >= end + 4 + length_of(answer.substr(0, end + 2))) return;
  }
}

std::vector<double> load(const std::string& socket, const std::string& request, steady_clock::time_point until) {
  std::vector<double> microseconds;
  auto link = connected(socket);
  for (auto start = steady_clock::now(); start < until;) {
    ask(link.get(), request);
    const auto now = steady_clock::now();
    microseconds.push_back(std::chrono::duration<double, std::micro>(now - start).count());
    start = now;
  }
  return microseconds;
}

void run(const std::string& socket, const std::string& path, int connections, int seconds) {
  const auto request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const auto until = steady_clock::now() + std::chrono::seconds(seconds);
  std::vector<std::vector<double>> each(static_cast<std::size_t>(connections));
  {
    std::vector<std::jthread> threads;
    for (auto& times : each) threads.emplace_back([&] { times = load(socket, request, until); });
  }
  std::vector<double> all;
  for (const auto& times : each) all.insert(all.end(), times.begin(), times.end());
  std::ranges::sort(all);
  std::printf("{\"requests\": %zu, \"requests_per_second\": %.0f, \"median_us\": %.0f, \"p99_us\": %.0f}\n", all.size(),
              static_cast<double>(all.size()) / seconds, all.at(all.size() / 2), all.at(all.size() * 99 / 100));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: api_load SOCKET PATH CONNECTIONS SECONDS\n");
    return 2;
  }
  try {
    run(argv[1], argv[2], std::atoi(argv[3]), std::atoi(argv[4]));
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "api_load: %s\n", fault.what());
    return 1;
  }
}
