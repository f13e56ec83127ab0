// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/http/head.hpp"
#include "agent/http/message.hpp"

namespace berth::agent {

/// Most bytes of a body that is held in memory. A create request with 64 long keys has 40 KiB.
inline constexpr std::size_t most_body_bytes = 64 * 1024;

/// Collects what arrives on one connection into requests.
class HttpIntake {
 public:
  using LaneOf = std::function<Lane(std::string_view method, std::string_view path)>;

  void add(std::string_view bytes) { bytes_.append(bytes); }

  /// Whether a request is there: whole, or in the upload lane its head and whatever came behind it. An error when
  /// it can never become one; then the connection is of no more use.
  Result<bool> ready(const LaneOf& lane_of, std::uint64_t most_upload_bytes);

  /// Whether the client waits for "100 Continue" before it sends the body; true once for a request.
  bool take_expectation() { return std::exchange(expectation_, false); }

  // Of the request that is ready; the views hold until the next call that is not const.
  const HttpHead& head() const { return *head_; }
  Lane lane() const { return lane_; }
  std::string_view head_text() const { return std::string_view(bytes_).substr(0, head_->bytes); }
  /// The body, or in the upload lane as much as is here.
  std::string_view body() const;

  /// Forgets the request that was ready; what came behind it stays.
  void next();
  bool empty() const { return bytes_.empty(); }
  /// Bytes of memory held.
  std::size_t held() const { return bytes_.capacity(); }

 private:
  Result<bool> head_ready();
  Result<void> judge(const LaneOf& lane_of, std::uint64_t most_upload_bytes);

  std::string bytes_;
  std::size_t searched_ = 0;  // bytes that hold no end of a head
  std::optional<HttpHead> head_;
  Lane lane_ = Lane::worker;
  bool expectation_ = false;
};

}  // namespace berth::agent
