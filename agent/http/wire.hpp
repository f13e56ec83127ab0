// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <string_view>

#include "agent/http/message.hpp"

namespace berth::agent {

/// Sends what the socket takes at once and leaves the rest in `bytes`; false when the client is lost.
bool send_some(int socket, std::string_view& bytes);

/// Writes to a client from a thread of its own: waits for a slow reader, but not for ever.
class HttpWire final : public HttpSink {
 public:
  /// The socket does not block and outlives it, as does `stopping`. `within` is the time for one write.
  HttpWire(int socket, std::chrono::milliseconds within, const std::atomic<bool>& stopping)
      : socket_(socket), within_(within), stopping_(stopping) {}

  bool write(std::string_view bytes) override;
  bool open() override;

 private:
  const int socket_;
  const std::chrono::milliseconds within_;
  const std::atomic<bool>& stopping_;
};

/// The body of an upload: what came with its head, then what the socket gives. Who sends nothing for 30 s, or less than
/// 64 KiB/s on the whole beyond that, is cut off; the time that the reader takes does not count.
class HttpUpload final : public HttpBody {
 public:
  /// `expected`: the client waits for "100 Continue", which is sent before the first byte is read.
  HttpUpload(int socket, std::string_view first, std::uint64_t size, bool expected, const std::atomic<bool>& stopping)
      : socket_(socket), first_(first), size_(size), expected_(expected), stopping_(stopping) {}

  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read(std::span<char> into) override;

 private:
  Result<void> await_bytes();

  const int socket_;
  std::string_view first_;
  const std::uint64_t size_;
  bool expected_;
  const std::atomic<bool>& stopping_;
  std::uint64_t done_ = 0;
  std::chrono::milliseconds waited_{0};
};

}  // namespace berth::agent
