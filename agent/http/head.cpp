// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/http/head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace berth::agent {
namespace {

constexpr std::array<std::string_view, 7> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

Error malformed(std::string message) {
  return {Code::malformed_request, std::move(message)};
}

bool is_token(std::string_view text) {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || marks.contains(c);
  });
}

bool is_value(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7f); });
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, {}, lower);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Whether a comma-separated list has that word.
bool lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (same(trimmed(list.substr(0, comma)), word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

/// One head, line by line.
class HeadParser {
 public:
  Result<HttpHead> parse(std::string_view text) {
    head_.bytes = text.size();
    auto line = TRY(next_line(text, 0));
    TRY(request_line(line));
    for (std::size_t at = line.size() + 2; !(line = TRY(next_line(text, at))).empty(); at += line.size() + 2)
      TRY(header_line(line, at));
    if (minor_ == 1 && !host_) return std::unexpected(malformed("an HTTP/1.1 request needs the header Host"));
    return std::move(head_);
  }

 private:
  static Result<std::string_view> next_line(std::string_view text, std::size_t at) {
    const auto end = text.find("\r\n", at);
    if (end == std::string_view::npos) return std::unexpected(malformed("a line of the head does not end in CRLF"));
    const auto line = text.substr(at, end - at);
    if (!is_value(line)) return std::unexpected(malformed("the head has a control character"));
    return line;
  }

  Result<void> request_line(std::string_view line) {
    const auto first = line.find(' ');
    const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos)
      return std::unexpected(malformed("a request begins with a line such as `GET /healthz HTTP/1.1`"));
    head_.method = line.substr(0, first);
    head_.target = line.substr(first + 1, second - first - 1);
    TRY(version(line.substr(second + 1)));
    TRY(target());
    if (!is_token(head_.method)) return std::unexpected(malformed("the method is not a word"));
    if (std::ranges::find(methods, head_.method) == methods.end())
      return std::unexpected(Error{Code::method_not_allowed,
                                   "this method is not known here",
                                   {{"known", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"}}});
    return {};
  }

  Result<void> version(std::string_view text) {
    if (text != "HTTP/1.1" && text != "HTTP/1.0")
      return std::unexpected(malformed("only HTTP/1.1 and HTTP/1.0 are spoken here"));
    minor_ = text.back() - '0';
    head_.keep_alive = minor_ == 1;
    return {};
  }

  Result<void> target() const {
    const auto& text = head_.target;
    if (text.size() > most_target_bytes)
      return std::unexpected(
          Error{Code::too_large, fmt::format("the request's target may have {} bytes at most", most_target_bytes)});
    const bool clean = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '#'; });
    if (!text.starts_with('/') || !clean)
      return std::unexpected(
          malformed("the request's target must be a path of printable ASCII that begins with a slash"));
    return {};
  }

  Result<void> header_line(std::string_view line, std::size_t at) {
    if (++headers_ > most_headers)
      return std::unexpected(
          Error{Code::too_large, fmt::format("a request may have {} headers at most", most_headers)});
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
      return std::unexpected(malformed("a header is `Name: value` on one line"));
    return header(line.substr(0, colon), trimmed(line.substr(colon + 1)), at, line.size() + 2);
  }

  Result<void> header(std::string_view name, std::string_view value, std::size_t at, std::size_t bytes) {
    if (same(name, "content-length")) return content_length(value);
    if (same(name, "host")) return host();
    if (same(name, "expect")) return expect(value, at, bytes);
    if (same(name, "connection")) connection(value);
    if (same(name, "transfer-encoding"))
      return std::unexpected(malformed("Transfer-Encoding is not taken here; send a Content-Length"));
    return {};
  }

  Result<void> content_length(std::string_view value) {
    const char* end = value.data() + value.size();
    const bool digits = !value.empty() && value.front() >= '0' && value.front() <= '9';
    const auto [rest, fault] = std::from_chars(value.data(), end, head_.content_length);
    if (head_.has_length || !digits || fault != std::errc{} || rest != end)
      return std::unexpected(malformed("Content-Length must stand there once, as a whole number below 2^64"));
    head_.has_length = true;
    return {};
  }

  Result<void> host() {
    if (host_) return std::unexpected(malformed("the header Host stands there twice"));
    host_ = true;
    return {};
  }

  Result<void> expect(std::string_view value, std::size_t at, std::size_t bytes) {
    if (head_.expect_bytes != 0 || !same(value, "100-continue"))
      return std::unexpected(malformed("of the header Expect only one `100-continue` is known here"));
    head_.expect_at = at;
    head_.expect_bytes = bytes;
    return {};
  }

  void connection(std::string_view value) {
    if (lists(value, "close"))
      head_.keep_alive = false;
    else if (minor_ == 0 && lists(value, "keep-alive"))
      head_.keep_alive = true;
  }

  HttpHead head_;
  int minor_ = 1;
  bool host_ = false;
  std::size_t headers_ = 0;
};

}  // namespace

Result<HttpHead> parse_head(std::string_view head) {
  return HeadParser().parse(head);
}

}  // namespace berth::agent
