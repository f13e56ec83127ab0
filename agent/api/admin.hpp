// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/api/route.hpp"

namespace berth::agent {

class Engine;
class HostHealth;
class Sessions;

/// /healthz, /readyz, /metrics and /api/v1/admin. All of them outlive the routes; `metrics` writes the page.
std::vector<ApiRoute> admin_routes(Sessions& sessions, const Engine& engine, HostHealth& health,
                                   std::function<std::string()> metrics);

}  // namespace berth::agent
