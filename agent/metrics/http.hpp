// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "agent/metrics/text.hpp"

namespace berth::agent {

/// Counts answers by route and status, and how long they took. For any number of threads.
class HttpMetrics {
 public:
  /// What can be counted is known beforehand, so that no client can make labels: routes are added before the first
  /// answer. The result names the route.
  std::size_t add_route(std::string_view method, std::string_view pattern);
  /// Of a stream: until its first byte.
  void answered(std::size_t route, int status, std::chrono::duration<double> took);
  void write(MetricsText& text) const;

 private:
  struct Route {
    Route(std::string_view method, std::string_view pattern);
    const std::string method, pattern;
    mutable std::mutex mutex;
    std::map<int, std::uint64_t> statuses;
    Histogram took;
  };
  std::deque<Route> routes_;
};

}  // namespace berth::agent
