// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks one thing again and again over some connections to a unix socket, a thread each, and waits for every answer
// before it asks again. Prints one line of JSON: requests, requests_per_second, median_us, p99_us, longest_us.
//
//   http_load SOCKET PATH [--connections 8] [--seconds 5] [--pause MICROSECONDS] [--fresh 1] [--drip N]
//
// --pause lets a connection rest between its requests, so that what is measured is the waiting and not the load;
// --fresh takes a new connection for every request, whose making is measured with it; --drip has N more connections
// send a head byte by byte meanwhile, which come again when they are cut.
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/fd.hpp"

namespace {

using berth::Fd;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Plan {
  std::string socket, path;
  std::map<std::string, unsigned long> numbers{
      {"--connections", 8}, {"--seconds", 5}, {"--pause", 0}, {"--fresh", 0}, {"--drip", 0}};
};

Fd connected(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("the socket's path is too long");
  path.copy(address.sun_path, path.size());
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect to " + path + ": " +
                             std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
  return fd;
}

std::size_t length_of(const std::string& head) {
  constexpr std::string_view name = "\r\nContent-Length: ";
  const auto at = head.find(name);
  if (at == std::string::npos || !head.starts_with("HTTP/1.1 200 ")) throw std::runtime_error("answered " + head);
  return std::strtoul(head.c_str() + at + name.size(), nullptr, 10);
}

/// One request and its whole answer.
void ask(const Fd& fd, const std::string& request) {
  if (send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    throw std::runtime_error("the connection was closed");
  std::string answer;
  std::array<char, 16384> part;
  for (auto end = std::string::npos;;) {
    const auto got = recv(fd.get(), part.data(), part.size(), 0);
    if (got <= 0) throw std::runtime_error("the connection was closed in the middle of an answer");
    answer.append(part.data(), static_cast<std::size_t>(got));
    if (end == std::string::npos && (end = answer.find("\r\n\r\n")) == std::string::npos) continue;
    if (answer.size() >= end + 4 + length_of(answer.substr(0, end + 2))) return;
  }
}

/// Microseconds of every request of one client.
std::vector<double> client(const Plan& plan, steady_clock::time_point until) {
  const auto request = "GET " + plan.path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const microseconds pause(plan.numbers.at("--pause"));
  const bool fresh = plan.numbers.at("--fresh") != 0;
  std::vector<double> took;
  auto link = connected(plan.socket);
  for (auto start = steady_clock::now(); start < until; start = steady_clock::now()) {
    if (fresh) link = connected(plan.socket);
    ask(link, request);
    took.push_back(std::chrono::duration<double, std::micro>(steady_clock::now() - start).count());
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
  }
  return took;
}

/// A byte of a head on each connection, ten times a second.
void drip(const std::string& path, std::size_t count, const std::atomic<bool>& stop) {
  std::vector<Fd> clients(count);
  while (!stop) {
    for (auto& client : clients)
      if (!client || send(client.get(), "G", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1) client = connected(path);
    std::this_thread::sleep_for(milliseconds(100));
  }
}

/// A thread that says why it cannot go on, and ends the program.
template <class Work>
std::jthread working(Work work) {
  return std::jthread([work = std::move(work)] {
    try {
      work();
    } catch (const std::exception& fault) {
      std::fprintf(stderr, "http_load: %s\n", fault.what());
      std::_Exit(1);
    }
  });
}

std::vector<double> measure(const Plan& plan) {
  std::atomic<bool> stop{false};
  std::jthread dripping;
  if (const auto count = plan.numbers.at("--drip"); count > 0) {
    dripping = working([&plan, count, &stop] { drip(plan.socket, count, stop); });
    std::this_thread::sleep_for(milliseconds(500));  // so that all of them are there
  }
  const auto until = steady_clock::now() + std::chrono::seconds(plan.numbers.at("--seconds"));
  std::vector<std::vector<double>> each(plan.numbers.at("--connections"));
  {
    std::vector<std::jthread> threads;
    for (auto& took : each) threads.push_back(working([&plan, until, &took] { took = client(plan, until); }));
  }
  stop = true;
  std::vector<double> all;
  for (const auto& took : each) all.insert(all.end(), took.begin(), took.end());
  std::ranges::sort(all);
  return all;
}

Plan parse(int argc, char** argv) {
  if (argc < 3 || argc % 2 == 0)
    throw std::runtime_error(
        "usage: http_load SOCKET PATH [--connections N] [--seconds N] [--pause N] [--fresh 1] [--drip N]");
  Plan plan;
  plan.socket = argv[1];
  plan.path = argv[2];
  for (int i = 3; i < argc; i += 2) plan.numbers.at(argv[i]) = std::strtoul(argv[i + 1], nullptr, 10);
  return plan;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto plan = parse(argc, argv);
    const auto took = measure(plan);
    std::printf(
        "{\"requests\": %zu, \"requests_per_second\": %.0f, \"median_us\": %.0f, \"p99_us\": %.0f, "
        "\"longest_us\": %.0f}\n",
        took.size(), static_cast<double>(took.size()) / static_cast<double>(plan.numbers.at("--seconds")),
        took.at(took.size() / 2), took.at(took.size() * 99 / 100), took.back());
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "http_load: %s\n", fault.what());
    return 1;
  }
}
