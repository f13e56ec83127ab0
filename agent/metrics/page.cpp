// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/metrics/page.hpp"

#include "agent/api/health.hpp"
#include "agent/engine/engine.hpp"
#include "agent/model_names.hpp"
#include "agent/sessions.hpp"

namespace berth::agent {
namespace {

constexpr std::array phases{Phase::creating, Phase::running,     Phase::stopping, Phase::stopped,
                            Phase::starting, Phase::terminating, Phase::failed};
constexpr std::size_t page = 256;

Result<std::map<Phase, std::size_t>> sessions_by_phase(Sessions& sessions) {
  std::map<Phase, std::size_t> count;
  SessionFilter filter;
  filter.limit = page;
  for (;;) {
    const auto some = TRY(sessions.list(filter));
    for (const auto& session : some) ++count[session.phase];
    if (some.size() < page) return count;
    filter.after = some.back().id;
  }
}

void gauge(MetricsText& text, std::string_view name, std::string_view help, double value) {
  text.family(name, "gauge", help);
  text.sample({}, value);
}

void counter(MetricsText& text, std::string_view name, std::string_view help, std::uint64_t value) {
  text.family(name, "counter", help);
  text.sample({}, static_cast<double>(value));
}

void write_quota(MetricsText& text, const Share& share) {
  const auto write = [&](std::string_view kind, const Quota& quota) {
    text.sample({{"resource", "sessions"}, {"kind", kind}}, static_cast<double>(quota.sessions));
    text.sample({{"resource", "cpus"}, {"kind", kind}}, static_cast<double>(quota.cpus));
    text.sample({{"resource", "memory_bytes"}, {"kind", kind}}, static_cast<double>(quota.memory));
    text.sample({{"resource", "disk_bytes"}, {"kind", kind}}, static_cast<double>(quota.disk));
  };
  text.family("berth_host_reserved", "gauge", "What sessions have reserved of the host, and how much they may.");
  write("used", share.used);
  write("limit", share.limit);
}

void write_store(MetricsText& text, Sessions& sessions) {
  const auto count = sessions_by_phase(sessions);
  const auto resources = sessions.resources();
  gauge(text, "berth_store_up", "Whether the agent's database can be read.", count && resources ? 1 : 0);
  if (count) {
    text.family("berth_sessions", "gauge", "Sessions by phase.");
    for (const auto phase : phases) {
      const auto found = count->find(phase);
      text.sample({{"phase", name_of(phase)}}, found == count->end() ? 0 : static_cast<double>(found->second));
    }
  }
  if (resources) write_quota(text, resources->host);
}

void write_gate(MetricsText& text, const GateCounts& gate) {
  gauge(text, "berth_http_connections", "Connections that are open.", static_cast<double>(gate.connections.open));
  gauge(text, "berth_http_streams", "Event streams that are open.", static_cast<double>(gate.streams));
  gauge(text, "berth_http_uploads", "Uploads that are under way.", static_cast<double>(gate.uploads));
  counter(text, "berth_http_connections_accepted_total", "Connections that were taken in.", gate.connections.accepted);
  counter(text, "berth_http_connections_refused_total", "Connections that found no place.", gate.connections.refused);
  counter(text, "berth_http_connections_dropped_total", "Connections that were given up for others.",
          gate.connections.dropped);
  counter(text, "berth_http_connections_timed_out_total", "Connections that were idle or slow for too long.",
          gate.connections.timed_out);
}

void write_engine(MetricsText& text, const Engine& engine, HostHealth& health) {
  const auto recovery = engine.recovery();
  gauge(text, "berth_recovered", "Whether the reconciliation at the start is done.", recovery.done ? 1 : 0);
  gauge(text, "berth_unknown_objects", "Objects with Berth's mark on the host that the database does not know.",
        static_cast<double>(engine.unknown().size()));
  gauge(text, "berth_hypervisor_up", "Whether the hypervisor manager answers.", health.facts() ? 1 : 0);
}

}  // namespace

std::string metrics_page(const MetricsSources& sources) {
  MetricsText text;
  text.family("berth_build_info", "gauge", "The agent's version.");
  text.sample({{"version", BERTH_VERSION}}, 1);
  write_store(text, sources.sessions);
  write_engine(text, sources.engine, sources.health);
  sources.operations.write(text);
  write_gate(text, sources.gate());
  sources.http.write(text);
  return text.str();
}

}  // namespace berth::agent
