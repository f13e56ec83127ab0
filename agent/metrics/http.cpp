// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/metrics/http.hpp"

#include <fmt/format.h>

namespace berth::agent {
namespace {

constexpr std::array bounds{0.0001, 0.00025, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0};

}  // namespace

HttpMetrics::Route::Route(std::string_view its_method, std::string_view its_pattern)
    : method(its_method), pattern(its_pattern), took(bounds) {}

std::size_t HttpMetrics::add_route(std::string_view method, std::string_view pattern) {
  routes_.emplace_back(method, pattern);
  return routes_.size() - 1;
}

void HttpMetrics::answered(std::size_t route, int status, std::chrono::duration<double> took) {
  auto& counted = routes_[route];
  const std::scoped_lock lock(counted.mutex);
  ++counted.statuses[status];
  counted.took.add(took.count());
}

void HttpMetrics::write(MetricsText& text) const {
  text.family("berth_http_requests_total", "counter", "Answers of the HTTP API.");
  for (const auto& route : routes_) {
    const std::scoped_lock lock(route.mutex);
    for (const auto& [status, count] : route.statuses)
      text.sample({{"method", route.method}, {"route", route.pattern}, {"status", std::to_string(status)}},
                  static_cast<double>(count));
  }
  text.family("berth_http_request_duration_seconds", "histogram", "From a whole request to its answer.");
  for (const auto& route : routes_) {
    const std::scoped_lock lock(route.mutex);
    if (!route.statuses.empty()) route.took.write(text, {"route", route.method + " " + route.pattern});
  }
}

}  // namespace berth::agent
