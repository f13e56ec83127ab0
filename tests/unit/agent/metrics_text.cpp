// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch.hpp>

#include "agent/metrics/http.hpp"
#include "agent/metrics/text.hpp"

using namespace berth::agent;

TEST_CASE("samples are written in the Prometheus text format") {
  MetricsText text;
  text.family("berth_up", "gauge", "Whether it is up.");
  text.sample({}, 1);
  text.sample({{"name", "a\"b\\c\nd"}, {"other", ""}}, 2.5);
  CHECK(text.str() ==
        "# HELP berth_up Whether it is up.\n# TYPE berth_up gauge\nberth_up 1\n"
        "berth_up{name=\"a\\\"b\\\\c\\nd\",other=\"\"} 2.5\n");
}

TEST_CASE("a histogram's buckets add up, and a value at a bound is within it") {
  static constexpr std::array bounds{0.1, 1.0};
  Histogram took(bounds);
  for (const double seconds : {0.05, 0.1, 0.5, 7.0}) took.add(seconds);
  MetricsText text;
  text.family("t", "histogram", "h");
  took.write(text, {"kind", "x"});
  CHECK(text.str() ==
        "# HELP t h\n# TYPE t histogram\nt_bucket{kind=\"x\",le=\"0.1\"} 2\nt_bucket{kind=\"x\",le=\"1\"} 3\n"
        "t_bucket{kind=\"x\",le=\"+Inf\"} 4\nt_sum{kind=\"x\"} 7.65\nt_count{kind=\"x\"} 4\n");
}

TEST_CASE("answers are counted by route and status") {
  HttpMetrics http;
  const auto route = http.add_route("GET", "/things/{id}");
  http.add_route("GET", "/never");
  http.answered(route, 200, std::chrono::milliseconds(2));
  http.answered(route, 404, std::chrono::milliseconds(2));
  http.answered(route, 200, std::chrono::milliseconds(2));
  MetricsText text;
  http.write(text);
  CHECK(text.str().contains("berth_http_requests_total{method=\"GET\",route=\"/things/{id}\",status=\"200\"} 2\n"));
  CHECK(text.str().contains("status=\"404\"} 1\n"));
  CHECK(text.str().contains("berth_http_request_duration_seconds_count{route=\"GET /things/{id}\"} 3\n"));
  CHECK_FALSE(text.str().contains("/never"));
}
