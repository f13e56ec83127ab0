// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/http/intake.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::agent {
namespace {

constexpr std::size_t kept_capacity = 2048;  // of an idle connection's buffer

Error too_large(const char* what, std::uint64_t most) {
  return {Code::too_large, fmt::format("{} may have {} bytes at most", what, most)};
}

}  // namespace

Result<bool> HttpIntake::head_ready() {
  const std::string_view text = std::string_view(bytes_).substr(0, most_head_bytes);
  // A lone LF never ends a line here, so there is no point in waiting for more.
  for (auto at = text.find('\n', searched_); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r')
      return std::unexpected(Error{Code::malformed_request, "a line of the head does not end in CRLF"});
    if (at < 3 || text[at - 2] != '\n') continue;
    head_ = TRY(parse_head(text.substr(0, at + 1)));
    return true;
  }
  searched_ = text.size();
  if (bytes_.size() >= most_head_bytes) return std::unexpected(too_large("the head of a request", most_head_bytes));
  return false;
}

Result<void> HttpIntake::judge(const LaneOf& lane_of, std::uint64_t most_upload_bytes) {
  lane_ = lane_of(head_->method, head_->path());
  if (lane_ == Lane::upload && !head_->has_length)
    return std::unexpected(Error{Code::malformed_request, "an upload needs the header Content-Length"});
  if (lane_ == Lane::upload && head_->content_length > most_upload_bytes)
    return std::unexpected(too_large("an upload", most_upload_bytes));
  if (lane_ != Lane::upload && head_->content_length > most_body_bytes)
    return std::unexpected(too_large("the body of a request", most_body_bytes));
  return {};
}

Result<bool> HttpIntake::ready(const LaneOf& lane_of, std::uint64_t most_upload_bytes) {
  if (!head_) {
    const bool whole = TRY(head_ready());
    if (!whole) return false;
    TRY(judge(lane_of, most_upload_bytes));
    if (head_->expect_bytes != 0) {  // answered here, and by nobody after us
      bytes_.erase(head_->expect_at, head_->expect_bytes);
      head_->bytes -= head_->expect_bytes;
      expectation_ = body().size() < head_->content_length;
    }
  }
  return lane_ == Lane::upload || body().size() == head_->content_length;
}

std::string_view HttpIntake::body() const {
  const auto behind = std::string_view(bytes_).substr(head_->bytes);
  return behind.substr(0, std::min<std::uint64_t>(behind.size(), head_->content_length));
}

void HttpIntake::next() {
  bytes_.erase(0, head_->bytes + body().size());
  if (bytes_.empty() && bytes_.capacity() > kept_capacity) std::string().swap(bytes_);
  head_.reset();
  searched_ = 0;
  expectation_ = false;
}

}  // namespace berth::agent
