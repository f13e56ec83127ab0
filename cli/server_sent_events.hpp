// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace berth::cli {

struct ServerSentEvent {
  std::string id;  ///< the last id seen, also when this event had none
  std::string type;
  std::string data;
};

/// Cuts a `text/event-stream` (HTML standard, 9.2.6) into events, however its bytes are cut into pieces.
class EventParser {
 public:
  /// An event's data may not be larger; the agent's events are below 4 KiB.
  static constexpr std::size_t largest = 1 << 20;

  /// Calls `take` for each event that these bytes complete, until it returns false. False then, and when an event is
  /// larger than `largest`.
  bool feed(std::string_view bytes, const std::function<bool(const ServerSentEvent&)>& take);

 private:
  bool line(std::string_view line, const std::function<bool(const ServerSentEvent&)>& take);

  std::string partial_;        // the line that has not ended yet
  bool after_return_ = false;  // the last byte was CR: an LF now belongs to it
  std::string id_, type_, data_;
  bool has_data_ = false;
};

}  // namespace berth::cli
