// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/metrics/operations.hpp"

#include <algorithm>

#include "agent/events.hpp"
#include "agent/model_names.hpp"
#include "agent/sessions.hpp"

namespace berth::agent {
namespace {

constexpr std::array bounds{0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0};
constexpr std::size_t batch = 100;
constexpr std::chrono::milliseconds slice{500};  // how soon a stop is noticed

}  // namespace

OperationMetrics::OperationMetrics(Events& events, Sessions& sessions)
    : events_(events), sessions_(sessions), thread_([this](const std::stop_token& stop) { follow(stop); }) {}

void OperationMetrics::follow(const std::stop_token& stop) {
  auto seen = events_.newest();
  while (!stop.stop_requested()) {
    const auto events = events_.after(seen, {}, batch);
    if (events) {
      for (const auto& event : *events) count(event);
      if (!events->empty()) seen = events->back().id;
      if (events->size() == batch) continue;
    }
    if (!events || !events_.wait(seen, slice))
      std::this_thread::sleep_for(slice / 10);  // a store that fails or closes answers at once
  }
}

void OperationMetrics::count(const Event& event) {
  if (!event.operation || (event.type != "operation.succeeded" && event.type != "operation.failed")) return;
  const auto operation = sessions_.operation(*event.operation);
  if (!operation || !operation->finished_at) return;
  const std::chrono::duration<double> took =
      std::max(*operation->finished_at - operation->created_at, Time::duration(0));  // the wall clock may be set
  const std::scoped_lock lock(mutex_);
  ++ended_[{operation->kind, operation->state}];
  took_.try_emplace(operation->kind, bounds).first->second.add(took.count());
}

void OperationMetrics::write(MetricsText& text) const {
  const std::scoped_lock lock(mutex_);
  text.family("berth_operations_total", "counter", "Operations that have ended since the agent's start.");
  for (const auto& [what, count] : ended_)
    text.sample({{"kind", name_of(what.first)}, {"outcome", name_of(what.second)}}, static_cast<double>(count));
  text.family("berth_operation_duration_seconds", "histogram", "From an operation's request to its end.");
  for (const auto& [kind, took] : took_) took.write(text, {"kind", name_of(kind)});
}

}  // namespace berth::agent
