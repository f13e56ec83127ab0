// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/early_answer.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <string_view>

namespace berth::cli {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds patience{5'000};
constexpr std::size_t largest = 64 * 1024;
constexpr std::string_view begin = "HTTP/1.1 ";

bool readable(int socket, std::chrono::milliseconds wait) {
  pollfd one{socket, POLLIN, 0};
  return poll(&one, 1, static_cast<int>(wait.count())) > 0;
}

}  // namespace

std::optional<EarlyAnswer> take_early_answer(int socket) {
  const auto end = steady_clock::now() + patience;
  std::string text;
  std::array<char, 4096> chunk{};
  while (text.size() < largest) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - steady_clock::now());
    if (left.count() <= 0 || !readable(socket, left)) break;
    const auto got = recv(socket, chunk.data(), chunk.size(), MSG_DONTWAIT);
    // A unix socket that was closed with bytes unread says so once, before it gives what it still has (unix(7)).
    if (got < 0 && (errno == ECONNRESET || errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return parse_answer(text);
}

std::optional<EarlyAnswer> parse_answer(const std::string& text) {
  std::string_view rest = text;
  constexpr std::string_view blank = "\r\n\r\n";
  constexpr std::string_view provisional = "HTTP/1.1 100";
  while (rest.starts_with(provisional)) {
    const auto over = rest.find(blank);
    if (over == std::string_view::npos) return {};
    rest.remove_prefix(over + blank.size());
  }
  const auto head = rest.find(blank);
  if (!rest.starts_with(begin) || head == std::string_view::npos) return {};
  EarlyAnswer answer;
  const auto digits = rest.substr(begin.size(), 3);
  const auto [stop, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), answer.status);
  if (fault != std::errc{} || stop != digits.data() + 3 || answer.status < 200) return {};
  answer.body = rest.substr(head + blank.size());
  return answer;
}

}  // namespace berth::cli
