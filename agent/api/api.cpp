// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/api/api.hpp"

#include <algorithm>
#include <exception>

#include "agent/api/answer.hpp"
#include "systemd/journal.hpp"

namespace berth::agent {
namespace {

using std::chrono::steady_clock;

/// What a client may know of a bug; the journal has the rest.
Error bug() {
  return {Code::internal, "the agent failed on this request; its journal says why, under the request's id"};
}

void log(const Error& error, const std::string& id, std::string_view target) {
  journal::write(journal::Priority::warning, "a request failed", error,
                 {{"BERTH_REQUEST", id}, {"BERTH_TARGET", std::string(target.substr(0, 256))}});
}

class Counted {
 public:
  explicit Counted(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;

 private:
  std::atomic<std::size_t>& count_;
};

}  // namespace

Api::Api(std::vector<ApiRoute> routes, HttpMetrics& metrics, Settings settings)
    : router_(std::move(routes)), metrics_(metrics), settings_(std::move(settings)) {
  for (std::size_t i = 0; i < router_.size(); ++i)
    counters_.push_back(metrics_.add_route(router_.route(i).method, router_.route(i).pattern));
  no_route_ = metrics_.add_route("any", "no route");
  refused_ = metrics_.add_route("any", "no request");
}

HttpAnswer Api::refuse(const Error& error) {
  auto answer = error_answer(error, request_id(""));
  metrics_.answered(refused_, answer.status, {});
  return answer;
}

HttpAnswer Api::handle(HttpRequest& request) {
  const auto begun = steady_clock::now();
  const auto id = request_id(request.header("X-Request-Id"));
  std::size_t counted = no_route_;
  auto result = guarded(request, id, counted);
  auto answer = result ? std::move(*result) : error_answer(result.error(), id);
  if (result)
    answer.headers.emplace_back("X-Request-Id", id);
  else if (result.error().code == Code::method_not_allowed)
    answer.headers.emplace_back("Allow", result.error().details.at(0).second);
  metrics_.answered(counted, answer.status, steady_clock::now() - begun);
  return answer;
}

/// Nothing but answers and errors comes out of here, and what is our own fault is logged once.
Result<HttpAnswer> Api::guarded(HttpRequest& request, const std::string& id, std::size_t& counted) {
  try {
    auto result = answer(request, counted);
    if (!result && http_status(result.error().code) == 500) log(result.error(), id, request.target);
    return result;
  } catch (const std::exception& fault) {
    log({Code::internal, "an exception", {{"reason", fault.what()}}}, id, request.target);
    return std::unexpected(bug());
  }
}

Result<HttpAnswer> Api::answer(HttpRequest& request, std::size_t& counted) {
  const auto target = request.target;
  const auto question = std::min(target.find('?'), target.size());
  auto match = TRY(router_.find(request.method, target.substr(0, question)));
  counted = counters_[match.index];
  const auto& route = router_.route(match.index);
  TRY(may_act(route, request));
  auto query = TRY(ApiQuery::parse(target.substr(std::min(question + 1, target.size()))));
  ApiCall call{request, std::move(match.arguments), std::move(query)};
  return route.from_store ? kept(route, call) : act(route, call);
}

/// The answer of the last time, where nothing was written since.
Result<HttpAnswer> Api::kept(const ApiRoute& route, ApiCall& call) {
  const auto version = settings_.version();  // before the store is read
  if (auto body = cache_.find(call.http.target, version)) return HttpAnswer{.body = std::move(*body)};
  auto answer = act(route, call);
  if (answer && answer->status == 200) cache_.keep(call.http.target, version, answer->body);
  return answer;
}

Result<void> Api::may_act(const ApiRoute& route, const HttpRequest& request) const {
  if (!route.has_body && !request.body.empty())
    return std::unexpected(Error{Code::malformed_request, "this call takes no body"});
  if (route.while_starting) return {};
  const auto recovery = settings_.recovery();
  if (recovery.done) return {};
  Error starting{Code::starting,
                 "the agent is bringing its sessions up to date after a start",
                 {{"sessions_done", std::to_string(recovery.sessions_done)},
                  {"sessions_total", std::to_string(recovery.sessions_total)}}};
  if (!recovery.waiting_for.empty()) starting.details.emplace_back("waiting_for", recovery.waiting_for);
  return std::unexpected(std::move(starting));
}

Result<HttpAnswer> Api::act(const ApiRoute& route, ApiCall& call) {
  if (!route.asks_host) return route.action(call);
  const Counted counted(waiting_for_host_);
  if (waiting_for_host_ > settings_.most_waiting_for_host)
    return std::unexpected(
        Error{Code::hypervisor_unavailable, "other calls are waiting for the hypervisor manager; try again"});
  return route.action(call);
}

}  // namespace berth::agent
