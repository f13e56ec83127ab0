// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/api/route.hpp"

namespace berth::agent {

/// Finds the route of a request. Immutable, so for any number of threads.
class ApiRouter {
 public:
  explicit ApiRouter(std::vector<ApiRoute> routes);

  struct Match {
    std::size_t index = 0;  ///< in the list of routes
    std::vector<std::string> arguments;
  };
  /// `no_such_route`; `method_not_allowed` with the detail "allow"; `malformed_request` for an argument that is no
  /// text.
  Result<Match> find(std::string_view method, std::string_view path) const;
  /// Of an exact path; `worker` where nothing matches.
  Lane lane(std::string_view method, std::string_view path) const noexcept;

  const ApiRoute& route(std::size_t index) const { return routes_[index]; }
  std::size_t size() const { return routes_.size(); }

 private:
  std::vector<ApiRoute> routes_;
  std::vector<std::vector<std::string_view>> patterns_;  // segments of the routes' own text
};

}  // namespace berth::agent
