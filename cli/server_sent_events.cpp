// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/server_sent_events.hpp"

#include <utility>

namespace berth::cli {

bool EventParser::feed(std::string_view bytes, const std::function<bool(const ServerSentEvent&)>& take) {
  for (const char c : bytes) {
    const bool second_of_pair = std::exchange(after_return_, c == '\r') && c == '\n';
    if (second_of_pair) continue;
    if (c != '\n' && c != '\r') {
      partial_ += c;
      if (partial_.size() + data_.size() > largest) return false;
      continue;
    }
    const auto whole = std::exchange(partial_, {});
    if (!line(whole, take)) return false;
  }
  return true;
}

bool EventParser::line(std::string_view line, const std::function<bool(const ServerSentEvent&)>& take) {
  if (line.empty()) {
    ServerSentEvent event{id_, std::exchange(type_, {}), std::exchange(data_, {})};
    return !std::exchange(has_data_, false) || take(event);
  }
  const auto colon = line.find(':');
  const auto field = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") type_ = value;
  if (field == "id" && value.find('\0') == std::string_view::npos) id_ = value;
  if (field == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  }
  return true;
}

}  // namespace berth::cli
