// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "agent/api/route.hpp"

namespace berth::agent {

class Sessions;

/// /api/v1/sessions and /api/v1/operations. `sessions` outlives the routes.
std::vector<ApiRoute> session_routes(Sessions& sessions);

}  // namespace berth::agent
