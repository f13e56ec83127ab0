// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/http/service.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "agent/http/wire.hpp"

namespace berth::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds linger{1'000};  // for a client to read why it is cut off
constexpr std::size_t most_discarded = 1 << 20;
constexpr unsigned most_in_a_turn = 64;  // requests of one connection before others get the worker
constexpr std::size_t chunk = 16 * 1024;

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

HttpService::HttpService(HttpHandler& handler, const GateSettings& settings, HttpConnections& connections,
                         HttpLanes& lanes, const std::atomic<bool>& stopping)
    : handler_(handler),
      settings_(settings),
      connections_(connections),
      lanes_(lanes),
      stopping_(stopping),
      lane_of_([&handler](std::string_view method, std::string_view path) { return handler.lane(method, path); }) {}

void HttpService::turn(HttpConnection& connection, HttpExchange& exchange) {
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

HttpService::Got HttpService::receive(HttpConnection& connection) {
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
bool HttpService::serve(HttpConnection& connection, HttpExchange& exchange) {
  const auto& intake = connection.intake;
  OutputSink client(connection);
  connection.last = !exchange.serve({.head = intake.head(),
                                     .text = intake.head_text(),
                                     .body = intake.body(),
                                     .peer = connection.peer,
                                     .keep = !stopping_},
                                    client);
  connection.intake.next();
  connection.begun = false;
  return flush(connection);
}

void HttpService::hand_over(HttpConnection& connection) {
  const auto handed =
      lanes_.run(connection.intake.lane(), connection.peer.uid, [this, &connection] { serve_alone(connection); });
  if (!handed) refuse(connection, handed.error());
}

void HttpService::serve_alone(HttpConnection& connection) {
  auto& intake = connection.intake;
  const int socket = connection.socket.get();
  HttpWire client(socket, settings_.answers, stopping_);
  HttpUpload body(socket, intake.body(), intake.head().content_length, intake.take_expectation(), settings_.uploads,
                  stopping_);
  HttpExchange exchange(handler_);
  const bool upload = intake.lane() == Lane::upload;
  exchange.serve({.head = intake.head(),
                  .text = intake.head_text(),
                  .body = upload ? std::string_view() : intake.body(),
                  .upload = upload ? &body : nullptr,
                  .peer = connection.peer,
                  .keep = false},
                 client);
  if (!upload) intake.next();
  finish(connection);
}

void HttpService::refuse(HttpConnection& connection, const Error& error) {
  connection.last = true;
  OutputSink(connection).write(closing_answer(handler_.refuse(error)));
  (void)flush(connection);
}

void HttpService::await_more(HttpConnection& connection) {
  const auto now = steady_clock::now();
  if (connection.intake.empty())
    return connections_.wait(connection, Waiting::between_requests, now + settings_.keep_alive);
  if (connection.begun) return connections_.wait(connection, Waiting::for_request, std::nullopt);
  connection.begun = true;
  connections_.wait(connection, Waiting::for_request, now + settings_.request_within);
}

/// The answer has one deadline, however many times the client takes a little of it.
void HttpService::await_reader(HttpConnection& connection) {
  if (std::exchange(connection.owing, true)) return connections_.wait(connection, Waiting::for_reader, std::nullopt);
  const auto time = settings_.answers.time_for(connection.output.size());
  connections_.wait(connection, Waiting::for_reader, steady_clock::now() + time);
}

/// Whether all of the output has left and more may be served; otherwise the connection is no longer the caller's.
bool HttpService::flush(HttpConnection& connection) {
  std::string_view rest = connection.output;
  if (!send_some(connection.socket.get(), rest)) {
    connections_.close(connection);
    return false;
  }
  connection.output.erase(0, connection.output.size() - rest.size());
  if (!connection.output.empty()) {
    await_reader(connection);
    return false;
  }
  connection.owing = false;
  if (connection.output.capacity() > chunk) std::string().swap(connection.output);
  const bool more = !connection.last;
  if (!more) finish(connection);
  return more;
}

/// Closes. While the client still sends, a close at once would take the answer from it; so for a moment what it sends
/// is thrown away.
void HttpService::finish(HttpConnection& connection) {
  if (connection.intake.empty()) return connections_.close(connection);
  (void)shutdown(connection.socket.get(), SHUT_WR);
  connection.finished = true;
  connections_.wait(connection, Waiting::to_finish, steady_clock::now() + linger);
}

void HttpService::discard(HttpConnection& connection) {
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
