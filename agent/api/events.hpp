// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <vector>

#include "agent/api/route.hpp"

namespace berth::agent {

class Events;
class Sessions;

/// How often a stream in which nothing happens says that it is still there.
inline constexpr std::chrono::seconds heartbeat{15};

/// /api/v1/events: server-sent events (HTML standard, 9.2). Both outlive the route.
std::vector<ApiRoute> event_routes(Events& events, Sessions& sessions);

}  // namespace berth::agent
