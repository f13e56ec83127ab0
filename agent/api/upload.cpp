// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/api/upload.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <vector>

#include "core/fd.hpp"

namespace berth::agent {
namespace {

constexpr std::size_t chunk = 128 * 1024;
constexpr int reader_patience = 120'000;  // ms without a byte taken, on a disk that is busy

Error broken(const char* what) {
  return {Code::internal, what, {{"reason", std::strerror(errno)}}};  // NOLINT(concurrency-mt-unsafe): glibc's is safe
}

/// A pair of stream sockets with one byte that we have not read yet. A unix socket that is closed with bytes unread
/// resets its peer (unix(7), ECONNRESET); taking the byte out is what makes our end of the stream a clean one.
class Channel {
 public:
  static Result<Channel> make() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
      return std::unexpected(broken("cannot make a pair of sockets"));
    Channel channel{Fd(ends[0]), Fd(ends[1])};
    if (send(channel.theirs_.get(), "", 1, MSG_NOSIGNAL) != 1)
      return std::unexpected(broken("cannot use a pair of sockets"));
    return channel;
  }

  int theirs() const { return theirs_.get(); }
  void close_theirs() { theirs_ = Fd(); }

  /// False when the reader has had enough.
  bool write(std::span<const char> bytes) {
    while (!bytes.empty()) {
      pollfd one{ours_.get(), POLLOUT, 0};
      if (poll(&one, 1, reader_patience) == 0) return false;
      const auto sent = send(ours_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
      if (sent > 0) bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void finish() {
    char byte = 0;
    (void)recv(ours_.get(), &byte, 1, MSG_DONTWAIT);
    ours_ = Fd();
  }
  void abort() { ours_ = Fd(); }

 private:
  Channel(Fd ours, Fd theirs) : ours_(std::move(ours)), theirs_(std::move(theirs)) {}
  Fd ours_, theirs_;
};

/// The whole body, or why not. That the reader has had enough is no error of ours: it says itself why.
Result<void> copy(HttpBody& body, Channel& channel) {
  std::vector<char> bytes(chunk);
  for (;;) {
    const auto got = TRY(body.read(bytes));
    if (got == 0) {
      channel.finish();
      return {};
    }
    if (!channel.write({bytes.data(), got})) {
      channel.abort();
      return {};
    }
  }
}

}  // namespace

Result<Image> pass_upload(HttpBody& body, const std::function<Result<Image>(int fd)>& import) {
  auto channel = TRY(Channel::make());
  Result<Image> image = std::unexpected(Error{});
  std::jthread importing([&] {
    try {
      image = import(channel.theirs());
    } catch (const std::exception& fault) {
      image = std::unexpected(Error{Code::internal, "the import failed", {{"reason", fault.what()}}});
    }
    channel.close_theirs();
  });
  auto copied = copy(body, channel);
  if (!copied) channel.abort();
  importing.join();
  if (!copied) return std::unexpected(std::move(copied).error());
  return image;
}

}  // namespace berth::agent
