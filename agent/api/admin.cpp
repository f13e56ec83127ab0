// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/api/admin.hpp"

#include <algorithm>

#include "agent/api/answer.hpp"
#include "agent/api/health.hpp"
#include "agent/api/json.hpp"
#include "agent/engine/engine.hpp"
#include "agent/sessions.hpp"

namespace berth::agent {
namespace {

using nlohmann::json;

json to_json(const Recovery& recovery) {
  return {{"done", recovery.done},
          {"sessions_total", recovery.sessions_total},
          {"sessions_done", recovery.sessions_done},
          {"waiting_for", recovery.waiting_for.empty() ? json() : json(recovery.waiting_for)}};
}

json to_json(const HostFacts& facts) {
  auto checks = json::array();
  for (const auto& [name, state, detail, remedy] : facts.checks)
    checks.push_back({{"name", name}, {"state", state}, {"detail", detail}, {"remedy", remedy}});
  return {{"accelerator", facts.accelerator},
          {"cpus", facts.cpus},
          {"memory", facts.memory},
          {"storage_total", facts.storage_total},
          {"storage_free", facts.storage_free},
          {"checks", checks}};
}

/// A manager that does not answer is a failed check like any other, so that whoever shows the checks shows this too.
HostFacts without_manager(const Error& error) {
  HostFacts facts;
  facts.accelerator = "none";
  facts.checks.push_back(
      {"hypervisor manager", "failed", describe(error), "look at: systemctl status berth-hypervisor"});
  return facts;
}

Result<HttpAnswer> health(const Engine& engine, HostHealth& host, ApiCall& call) {
  TRY(call.query.done());
  const auto recovery = engine.recovery();
  const auto asked = host.facts();
  const auto facts = asked ? *asked : without_manager(asked.error());
  const bool failed = std::ranges::any_of(facts.checks, [](const auto& check) { return check.state == "failed"; });
  auto unknown = json::array();
  for (const auto& [kind, id] : engine.unknown()) unknown.push_back({{"kind", kind}, {"id", id}});
  return json_answer(200, {{"status", !recovery.done ? "starting"
                                      : failed       ? "degraded"
                                                     : "ok"},
                           {"recovery", to_json(recovery)},
                           {"hypervisor", to_json(facts)},
                           {"unknown", unknown},
                           {"version", BERTH_VERSION}});
}

Result<HttpAnswer> said(ApiCall& call, const char* word) {
  TRY(call.query.done());
  return json_answer(200, {{"status", word}});
}

Result<HttpAnswer> ready(const Engine& engine, ApiCall& call) {
  const auto recovery = engine.recovery();
  if (recovery.done) return said(call, "ready");
  return std::unexpected(Error{Code::starting,
                               "the agent is bringing its sessions up to date after a start",
                               {{"sessions_done", std::to_string(recovery.sessions_done)},
                                {"sessions_total", std::to_string(recovery.sessions_total)}}});
}

Result<HttpAnswer> resources(Sessions& sessions, ApiCall& call) {
  TRY(call.query.done());
  const auto all = TRY(sessions.resources());
  return json_answer(200, berth::agent::to_json(all));
}

Result<HttpAnswer> page(const std::function<std::string()>& metrics, ApiCall& call) {
  TRY(call.query.done());
  return HttpAnswer{.body = metrics(), .type = "text/plain; version=0.0.4; charset=utf-8"};
}

}  // namespace

std::vector<ApiRoute> admin_routes(Sessions& sessions, const Engine& engine, HostHealth& host,
                                   std::function<std::string()> metrics) {
  return {
      {.method = "GET",
       .pattern = "/healthz",
       .action = [](ApiCall& call) { return said(call, "alive"); },
       .while_starting = true},
      {.method = "GET",
       .pattern = "/readyz",
       .action = [&engine](ApiCall& call) { return ready(engine, call); },
       .while_starting = true},
      {.method = "GET",
       .pattern = "/metrics",
       .action = [metrics = std::move(metrics)](ApiCall& call) { return page(metrics, call); },
       .while_starting = true},
      {.method = "GET",
       .pattern = "/api/v1/admin/health",
       .action = [&engine, &host](ApiCall& call) { return health(engine, host, call); },
       .while_starting = true},
      {.method = "GET",
       .pattern = "/api/v1/admin/resources",
       .action = [&sessions](ApiCall& call) { return resources(sessions, call); }},
  };
}

}  // namespace berth::agent
