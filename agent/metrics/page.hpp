// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>

#include "agent/http/gate.hpp"
#include "agent/metrics/http.hpp"
#include "agent/metrics/operations.hpp"

namespace berth::agent {

class Engine;
class HostHealth;
class Sessions;

/// Everything that /metrics shows.
struct MetricsSources {
  Sessions& sessions;
  Engine& engine;
  HostHealth& health;
  const HttpMetrics& http;
  const OperationMetrics& operations;
  std::function<GateCounts()> gate;
};

/// The page, in the Prometheus text format. What cannot be read is left out, and `berth_store_up` is 0.
std::string metrics_page(const MetricsSources& sources);

}  // namespace berth::agent
