// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/http_gate.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "agent/http_exchange.hpp"
#include "agent/http_wire.hpp"

namespace berth::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t stop_key = ~std::uint64_t{0};
constexpr milliseconds tick{250};            // how exactly deadlines are kept
constexpr milliseconds linger{1'000};        // for a client to read why it is cut off
constexpr std::size_t most_discarded = 1 << 20;
constexpr unsigned most_in_a_turn = 64;      // requests of one connection before others get the worker
constexpr milliseconds dead_after{10'000};
constexpr std::size_t chunk = 16 * 1024;

int checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

/// Sends what the socket takes at once; false when the client is lost.
bool send_some(int socket, std::string_view& bytes) {
  while (!bytes.empty()) {
    const auto sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// A worker does not wait for a slow reader: what the socket does not take at once is kept.
class OutputSink final : public HttpSink {
 public:
  explicit OutputSink(HttpConnection& connection) : connection_(connection) {}
  bool write(std::string_view bytes) override {
    if (connection_.output.empty() && !send_some(connection_.socket.get(), bytes)) return false;
    connection_.output.append(bytes);
    return true;
  }
  bool open() override { return false; }

 private:
  HttpConnection& connection_;
};

}  // namespace

HttpGate::HttpGate(Fd listening, HttpHandler& handler, GateSettings settings)
    : handler_(handler),
      settings_(settings),
      lane_of_([&handler](std::string_view method, std::string_view path) { return handler.lane(method, path); }),
      listening_(std::move(listening)),
      epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll")),
      stop_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      connections_(settings.connections, epoll_.get()),
      lanes_(settings.lanes) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = stop_key}};
  checked(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, stop_.get(), &event), "epoll");
}

HttpGate::~HttpGate() { stop(); }

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
  return steady_clock::now().time_since_epoch() - steady_clock::duration(beat_) < dead_after;
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
  for (;;) {
    Fd socket(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) (void)poll(nullptr, 0, 100);  // wait for some to close
    if (!socket) return;
    admit(std::move(socket));
  }
}

void HttpGate::admit(Fd socket) {
  ucred who{};
  socklen_t size = sizeof who;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return;
  const auto back = connections_.admit(std::move(socket), {who.uid, who.pid}, steady_clock::now() + settings_.request_within);
  if (!back) return;
  const auto answer = closing_answer(handler_.refuse({Code::too_many_connections, "too many connections are open"}));
  std::string_view rest = answer;
  (void)send_some(back->get(), rest);
}

void HttpGate::end_late() {
  for (const auto& [connection, was] : connections_.claim_late(steady_clock::now())) {
    if (was == Waiting::for_request && !connection->intake.empty())
      refuse(*connection, {Code::request_timeout, "the request did not arrive in time",
                           {{"milliseconds", std::to_string(settings_.request_within.count())}}});
    else
      connections_.close(*connection);
  }
}

void HttpGate::work() {
  HttpExchange exchange(handler_);
  for (;;) {
    epoll_event event{};
    if (epoll_wait(epoll_.get(), &event, 1, -1) <= 0) continue;
    if (event.data.u64 == stop_key) return;
    if (auto* connection = connections_.claim(event.data.u64)) turn(*connection, exchange);
  }
}

/// Serves what is here, and reads on for as long as there is more at once.
void HttpGate::turn(HttpConnection& connection, HttpExchange& exchange) {
  if (connection.finished) return discard(connection);
  if (!flush(connection)) return;
  for (unsigned served = 0;;) {
    const auto ready = connection.intake.ready(lane_of_, settings_.most_upload_bytes);
    if (!ready) return refuse(connection, ready.error());
    if (*ready && connection.intake.lane() != Lane::worker) return hand_over(connection);
    if (*ready) {
      if (!serve(connection, exchange)) return;
      ++served;
      continue;
    }
    if (connection.intake.take_expectation()) OutputSink(connection).write("HTTP/1.1 100 Continue\r\n\r\n");
    const auto got = served < most_in_a_turn ? receive(connection) : Got::nothing;
    if (got == Got::end) return connections_.close(connection);
    if (got == Got::nothing) return await_more(connection);
  }
}

HttpGate::Got HttpGate::receive(HttpConnection& connection) {
  std::array<char, chunk> bytes;
  ssize_t got = 0;
  do got = recv(connection.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  while (got < 0 && errno == EINTR);
  if (got < 0) return errno == EAGAIN ? Got::nothing : Got::end;
  if (got == 0) return Got::end;
  connection.intake.add({bytes.data(), static_cast<std::size_t>(got)});
  return Got::bytes;
}

/// Whether the connection is still the caller's, for the next request.
bool HttpGate::serve(HttpConnection& connection, HttpExchange& exchange) {
  const auto& intake = connection.intake;
  OutputSink client(connection);
  connection.last = !exchange.serve({.head = intake.head(), .text = intake.head_text(), .body = intake.body(), .peer = connection.peer,
                                     .keep = !stopping_}, client);
  connection.intake.next();
  connection.begun = false;
  return flush(connection);
}

void HttpGate::hand_over(HttpConnection& connection) {
  const auto handed = lanes_.run(connection.intake.lane(), connection.peer.uid, [this, &connection] { serve_alone(connection); });
  if (!handed) refuse(connection, handed.error());
}

void HttpGate::serve_alone(HttpConnection& connection) {
  auto& intake = connection.intake;
  const int socket = connection.socket.get();
  HttpWire client(socket, settings_.written_within, stopping_);
  HttpUpload body(socket, intake.body(), intake.head().content_length, intake.take_expectation(), stopping_);
  HttpExchange exchange(handler_);
  const bool upload = intake.lane() == Lane::upload;
  exchange.serve({.head = intake.head(), .text = intake.head_text(), .body = upload ? std::string_view() : intake.body(),
                  .upload = upload ? &body : nullptr, .peer = connection.peer, .keep = false}, client);
  if (!upload) intake.next();
  finish(connection);
}

void HttpGate::refuse(HttpConnection& connection, const Error& error) {
  connection.last = true;
  OutputSink(connection).write(closing_answer(handler_.refuse(error)));
  (void)flush(connection);
}

void HttpGate::await_more(HttpConnection& connection) {
  const auto now = steady_clock::now();
  if (connection.intake.empty()) return connections_.wait(connection, Waiting::between_requests, now + settings_.keep_alive);
  if (connection.begun) return connections_.wait(connection, Waiting::for_request, std::nullopt);
  connection.begun = true;
  connections_.wait(connection, Waiting::for_request, now + settings_.request_within);
}

/// Whether all of the output has left and more may be served; otherwise the connection is no longer the caller's.
bool HttpGate::flush(HttpConnection& connection) {
  std::string_view rest = connection.output;
  if (!send_some(connection.socket.get(), rest)) {
    connections_.close(connection);
    return false;
  }
  connection.output.erase(0, connection.output.size() - rest.size());
  if (!connection.output.empty()) {
    connections_.wait(connection, Waiting::for_reader, steady_clock::now() + settings_.written_within);
    return false;
  }
  if (connection.output.capacity() > chunk) std::string().swap(connection.output);
  const bool more = !connection.last;
  if (!more) finish(connection);
  return more;
}

/// Closes. While the client still sends, a close at once would take the answer from it; so for a moment what it sends is
/// thrown away.
void HttpGate::finish(HttpConnection& connection) {
  if (connection.intake.empty()) return connections_.close(connection);
  (void)shutdown(connection.socket.get(), SHUT_WR);
  connection.finished = true;
  connections_.wait(connection, Waiting::to_finish, steady_clock::now() + linger);
}

void HttpGate::discard(HttpConnection& connection) {
  std::array<char, chunk> bytes;
  for (;;) {
    const auto got = recv(connection.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return connections_.wait(connection, Waiting::to_finish, std::nullopt);
    if (got <= 0) return connections_.close(connection);
    connection.discarded += static_cast<std::size_t>(got);
    if (connection.discarded > most_discarded) return connections_.close(connection);
  }
}

}  // namespace berth::agent
