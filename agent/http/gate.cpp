// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/http/gate.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "agent/http/exchange.hpp"
#include "agent/http/wire.hpp"

namespace berth::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t stop_key = ~std::uint64_t{0};
constexpr milliseconds tick{250};  // how exactly deadlines are kept
constexpr int most_at_once = 256;  // connections that are taken before the deadlines are looked at again
constexpr milliseconds dead_after{10'000};
constexpr int unread_by_a_peer = 8 << 10;  // bytes; the kernel takes twice that (socket(7))

int checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

}  // namespace

HttpGate::HttpGate(Fd listening, HttpHandler& handler, GateSettings settings)
    : handler_(handler),
      settings_(settings),
      listening_(std::move(listening)),
      epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll")),
      stop_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      workers_(clock_, settings_.stuck_after),
      connections_(settings.connections, epoll_.get()),
      lanes_(settings.lanes),
      service_(handler, settings_, connections_, lanes_, stopping_) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = stop_key}};
  checked(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, stop_.get(), &event), "epoll");
}

HttpGate::~HttpGate() {
  stop();
}

void HttpGate::start() {
  beat_ = steady_clock::now().time_since_epoch().count();
  threads_.emplace_back([this] { keep(); });
  for (unsigned i = 0; i < settings_.workers; ++i) threads_.emplace_back([this] { work(); });
}

void HttpGate::stop() {
  stopping_ = true;
  (void)eventfd_write(stop_.get(), 1);
  threads_.clear();
  lanes_.wait();
}

GateCounts HttpGate::counts() const {
  return {connections_.counts(), lanes_.running(Lane::stream), lanes_.running(Lane::upload)};
}

bool HttpGate::alive() const {
  return steady_clock::now().time_since_epoch() - steady_clock::duration(beat_) < dead_after && workers_.steady();
}

void HttpGate::keep() {
  while (!stopping_) {
    std::array<pollfd, 2> ready{pollfd{listening_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    const auto pause = connections_.counts().open > 0 ? tick : dead_after / 4;
    (void)poll(ready.data(), ready.size(), static_cast<int>(pause.count()));
    beat_ = steady_clock::now().time_since_epoch().count();
    if (ready[0].revents != 0) accept_all();
    end_late();
  }
}

void HttpGate::accept_all() {
  for (int i = 0; i < most_at_once; ++i) {
    Fd socket(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
      (void)poll(nullptr, 0, 100);  // wait for some to close
    if (!socket) return;
    admit(std::move(socket));
  }
}

void HttpGate::admit(Fd socket) {
  ucred who{};
  socklen_t size = sizeof who;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return;
  // What a peer does not read waits in the kernel, and counts as the agent's memory: 200 KiB a connection by default
  // (measured), which as many connections as one peer may have would end the agent by.
  (void)setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &unread_by_a_peer, sizeof unread_by_a_peer);
  const auto back =
      connections_.admit(std::move(socket), {who.uid, who.pid}, steady_clock::now() + settings_.request_within);
  if (!back) return;
  const auto answer = closing_answer(handler_.refuse({Code::too_many_connections, "too many connections are open"}));
  std::string_view rest = answer;
  (void)send_some(back->get(), rest);
}

void HttpGate::end_late() {
  for (const auto& [connection, was] : connections_.claim_late(steady_clock::now())) {
    if (was == Waiting::for_request && !connection->intake.empty())
      service_.refuse(*connection, {Code::request_timeout,
                                    "the request did not arrive in time",
                                    {{"milliseconds", std::to_string(settings_.request_within.count())}}});
    else
      connections_.close(*connection);
  }
}

void HttpGate::work() {
  HttpExchange exchange(handler_);
  for (;;) {
    epoll_event event{};
    workers_.rest();
    if (epoll_wait(epoll_.get(), &event, 1, -1) <= 0) continue;
    workers_.beat();
    if (event.data.u64 == stop_key) return;
    if (auto* connection = connections_.claim(event.data.u64)) service_.turn(*connection, exchange);
  }
}

}  // namespace berth::agent
