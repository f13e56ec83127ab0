// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/api/router.hpp"

namespace berth::agent {
namespace {

using Segments = std::vector<std::string_view>;

bool is_argument(std::string_view segment) {
  return segment.starts_with('{');
}

bool matches(const Segments& pattern, const Segments& path) {
  if (pattern.size() != path.size()) return false;
  for (std::size_t i = 0; i < path.size(); ++i)
    if (is_argument(pattern[i]) ? path[i].empty() : pattern[i] != path[i]) return false;
  return true;
}

Result<std::vector<std::string>> arguments_of(const Segments& pattern, const Segments& path) {
  std::vector<std::string> arguments;
  for (std::size_t i = 0; i < path.size(); ++i)
    if (is_argument(pattern[i])) {
      auto argument = TRY(percent_decoded(path[i]));
      arguments.push_back(std::move(argument));
    }
  return arguments;
}

}  // namespace

ApiRouter::ApiRouter(std::vector<ApiRoute> routes) : routes_(std::move(routes)) {
  for (const auto& route : routes_) patterns_.push_back(segments_of(route.pattern));
}

Result<ApiRouter::Match> ApiRouter::find(std::string_view method, std::string_view path) const {
  const auto segments = segments_of(path);
  std::string allow;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (!matches(patterns_[i], segments)) continue;
    if (method == routes_[i].method) {
      auto arguments = TRY(arguments_of(patterns_[i], segments));
      return Match{i, std::move(arguments)};
    }
    allow += allow.empty() ? "" : ", ";
    allow += routes_[i].method == std::string_view("GET") ? "GET, HEAD" : routes_[i].method;
  }
  if (!allow.empty())
    return std::unexpected(Error{Code::method_not_allowed, "this path does not know that method", {{"allow", allow}}});
  return std::unexpected(Error{Code::no_such_route,
                               "there is nothing at this path; api/openapi.yaml lists what there is",
                               {{"path", std::string(path.substr(0, 256))}}});
}

Lane ApiRouter::lane(std::string_view method, std::string_view path) const noexcept {
  if (method == "HEAD") method = "GET";
  for (const auto& route : routes_)
    if (route.lane != Lane::worker && method == route.method && path == route.pattern) return route.lane;
  return Lane::worker;
}

}  // namespace berth::agent
