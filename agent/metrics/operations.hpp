// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "agent/metrics/text.hpp"
#include "agent/model.hpp"

namespace berth::agent {

class Events;
class Sessions;

/// Counts operations that end, by kind and outcome, and how long they took. Learns of them as any client does, from the
/// events, with a thread of its own.
class OperationMetrics {
 public:
  /// Refers to both; they outlive it.
  OperationMetrics(Events& events, Sessions& sessions);
  void write(MetricsText& text) const;

 private:
  void follow(const std::stop_token& stop);
  void count(const Event& event);

  Events& events_;
  Sessions& sessions_;
  mutable std::mutex mutex_;
  std::map<std::pair<OperationKind, OperationState>, std::uint64_t> ended_;
  std::map<OperationKind, Histogram> took_;
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace berth::agent
