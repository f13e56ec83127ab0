// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "agent/api/route.hpp"

namespace berth::agent {

class Images;

/// /api/v1/images. `images` outlives the routes.
std::vector<ApiRoute> image_routes(Images& images);

}  // namespace berth::agent
