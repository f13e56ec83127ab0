// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "agent/api/cache.hpp"
#include "agent/api/router.hpp"
#include "agent/engine/recovery.hpp"
#include "agent/http/message.hpp"
#include "agent/metrics/http.hpp"

namespace berth::agent {

/// The HTTP API: finds a request's route, turns whatever its action says into an answer, and counts it. What the routes
/// do is in api_sessions.hpp and its siblings.
class Api final : public HttpHandler {
 public:
  struct Settings {
    std::function<Recovery()> recovery;      ///< until it is done most routes are answered with `starting`
    std::function<std::uint64_t()> version;  ///< of the store: changes before a write returns
    std::size_t most_waiting_for_host = 2;   ///< calls that may wait for the hypervisor manager at a time
  };
  /// `metrics` outlives it; the routes are added to it.
  Api(std::vector<ApiRoute> routes, HttpMetrics& metrics, Settings settings);

  Lane lane(std::string_view method, std::string_view path) noexcept override { return router_.lane(method, path); }
  HttpAnswer handle(HttpRequest& request) override;
  HttpAnswer refuse(const Error& error) override;

 private:
  Result<HttpAnswer> guarded(HttpRequest& request, const std::string& id, std::size_t& counted);
  Result<HttpAnswer> answer(HttpRequest& request, std::size_t& counted);
  Result<HttpAnswer> kept(const ApiRoute& route, ApiCall& call);
  Result<HttpAnswer> act(const ApiRoute& route, ApiCall& call);
  Result<void> may_act(const ApiRoute& route, const HttpRequest& request) const;

  ApiRouter router_;
  HttpMetrics& metrics_;
  const Settings settings_;
  std::vector<std::size_t> counters_;  // of the routes, in the router's order
  std::size_t no_route_, refused_;
  AnswerCache cache_;
  std::atomic<std::size_t> waiting_for_host_{0};
};

}  // namespace berth::agent
