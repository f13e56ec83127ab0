// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <string_view>

#include "agent/http/message.hpp"
#include "agent/http/pace.hpp"

namespace berth::agent {

/// Sends what the socket takes at once and leaves the rest in `bytes`; false when the client is lost.
bool send_some(int socket, std::string_view& bytes);

/// Writes to a client from a thread of its own: waits for a slow reader, but not for ever.
class HttpWire final : public HttpSink {
 public:
  /// The socket does not block and outlives it, as does `stopping`. `pace` is that of each write.
  HttpWire(int socket, Pace pace, const std::atomic<bool>& stopping)
      : socket_(socket), pace_(pace), stopping_(stopping) {}

  bool write(std::string_view bytes) override;
  bool open() override;

 private:
  const int socket_;
  const Pace pace_;
  const std::atomic<bool>& stopping_;
};

/// The body of an upload: what came with its head, then what the socket gives. Who falls behind `pace` on the whole is
/// cut off; only the time in which bytes are waited for counts, not what their reader takes.
class HttpUpload final : public HttpBody {
 public:
  /// `expected`: the client waits for "100 Continue", which is sent before the first byte is read.
  HttpUpload(int socket, std::string_view first, std::uint64_t size, bool expected, Pace pace,
             const std::atomic<bool>& stopping)
      : socket_(socket), first_(first), size_(size), expected_(expected), pace_(pace), stopping_(stopping) {}

  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read(std::span<char> into) override;

 private:
  Result<void> await_bytes();

  const int socket_;
  std::string_view first_;
  const std::uint64_t size_;
  bool expected_;
  const Pace pace_;
  const std::atomic<bool>& stopping_;
  std::uint64_t done_ = 0;
  std::chrono::steady_clock::duration waited_{0};
};

}  // namespace berth::agent
