// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/target.hpp"
#include "agent/http/message.hpp"
#include "core/error.hpp"

namespace berth::agent {

/// One request that has found its route.
struct ApiCall {
  const HttpRequest& http;
  std::vector<std::string> arguments;  ///< what stands for the pattern's {names}, decoded
  ApiQuery query;
};

struct ApiRoute {
  const char* method;
  const char* pattern;  ///< "/api/v1/sessions/{id}"
  std::function<Result<HttpAnswer>(ApiCall&)> action;
  Lane lane = Lane::worker;
  bool while_starting = false;  ///< served before recovery is done
  bool asks_host = false;       ///< may wait for the hypervisor manager, and so must not take every worker
  bool has_body = false;
  bool from_store = false;  ///< the answer depends on the target and the store alone, so it may be kept until a write
};

}  // namespace berth::agent
