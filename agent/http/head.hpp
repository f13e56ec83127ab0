// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace berth::agent {

/// What a request's head may have at most. Berth's own clients send about 200 bytes and 5 headers.
inline constexpr std::size_t most_head_bytes = 16 * 1024;
inline constexpr std::size_t most_headers = 100;
inline constexpr std::size_t most_target_bytes = 4096;

/// What the gate must know of a request before it can tell where the request ends.
struct HttpHead {
  std::string method;     ///< GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS
  std::string target;     ///< begins with a slash; printable ASCII
  std::size_t bytes = 0;  ///< of the head with its empty line
  std::uint64_t content_length = 0;
  bool has_length = false;    ///< whether a Content-Length was there
  bool keep_alive = true;     ///< what the client wants of the connection after the answer
  std::size_t expect_at = 0;  ///< where the line "Expect: 100-continue" begins, and its bytes; 0 when there is none
  std::size_t expect_bytes = 0;

  /// The target up to its query.
  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
};

/// Reads a whole head, its empty line included, after RFC 9112 and stricter: one space between words, CRLF at the end
/// of every line, no folded lines, no control characters, HTTP/1.0 or 1.1, one Host, at most one Content-Length of
/// digits alone, and no Transfer-Encoding. `malformed_request`, `method_not_allowed` or `too_large` otherwise.
Result<HttpHead> parse_head(std::string_view head);

}  // namespace berth::agent
