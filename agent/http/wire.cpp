// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/http/wire.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace berth::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds slice{250};  // how soon a stop of the daemon is noticed

/// Whether the socket is ready for `events`, or broken, within the time.
bool ready(int socket, short events, milliseconds time) {
  pollfd one{socket, events, 0};
  return poll(&one, 1, static_cast<int>(time.count())) > 0;
}

}  // namespace

bool send_some(int socket, std::string_view& bytes) {
  while (!bytes.empty()) {
    const auto sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool HttpWire::write(std::string_view bytes) {
  const auto end = steady_clock::now() + pace_.time_for(bytes.size());
  while (!bytes.empty()) {
    const auto sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0)
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno != EAGAIN && errno != EINTR)
      return false;
    else if (stopping_ || steady_clock::now() > end)
      return false;
    else
      ready(socket_, POLLOUT, slice);
  }
  return true;
}

bool HttpWire::open() {
  pollfd one{socket_, 0, 0};  // only what always comes: the peer has closed, or an error
  return !stopping_ && poll(&one, 1, 0) == 0;
}

Result<void> HttpUpload::await_bytes() {
  for (bool here = false; !here;) {
    const auto begun = steady_clock::now();
    here = ready(socket_, POLLIN, slice);
    waited_ += steady_clock::now() - begun;
    if (stopping_) return std::unexpected(Error{Code::cancelled, "the agent stops"});
    if (waited_ > pace_.time_for(done_))
      return std::unexpected(
          Error{Code::request_timeout,
                "the upload came too slowly",
                {{"received_bytes", std::to_string(done_)}, {"expected_bytes", std::to_string(size_)}}});
  }
  return {};
}

Result<std::size_t> HttpUpload::read(std::span<char> into) {
  if (done_ == size_) return 0;
  std::size_t got = first_.copy(into.data(), into.size());
  first_.remove_prefix(got);
  while (got == 0) {
    if (std::exchange(expected_, false))
      (void)HttpWire(socket_, pace_, stopping_).write("HTTP/1.1 100 Continue\r\n\r\n");
    TRY(await_bytes());
    const auto most = std::min<std::uint64_t>(into.size(), size_ - done_);
    const auto received = recv(socket_, into.data(), most, MSG_DONTWAIT);
    if (received == 0 || (received < 0 && errno != EAGAIN && errno != EINTR))
      return std::unexpected(
          Error{Code::cancelled,
                "the client went away in the middle of an upload",
                {{"received_bytes", std::to_string(done_)}, {"expected_bytes", std::to_string(size_)}}});
    got = received > 0 ? static_cast<std::size_t>(received) : 0;
  }
  done_ += got;
  return got;
}

}  // namespace berth::agent
