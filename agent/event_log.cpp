// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/event_log.hpp"

#include <fmt/format.h>

#include "agent/store/events.hpp"
#include "systemd/journal.hpp"

namespace berth::agent {
namespace {

void write(const Event& event) {
  if (event.type == "operation.progress") return;
  const bool failed = event.type.ends_with(".failed");
  const bool operation = event.type.starts_with("operation.");
  journal::Fields fields{
      {"BERTH_EVENT", std::to_string(event.id)},
      {"MESSAGE_ID", std::string(operation ? journal::message::operation : journal::message::session)}};
  if (event.user) fields.emplace_back("BERTH_USER", *event.user);
  if (event.session) fields.emplace_back("BERTH_SESSION", event.session->str());
  if (event.operation) fields.emplace_back("BERTH_OPERATION", event.operation->str());
  journal::write(failed ? journal::Priority::warning : journal::Priority::info,
                 fmt::format("{} {}", event.type, event.data), fields);
}

}  // namespace

Result<void> EventLog::catch_up() {
  constexpr std::size_t at_once = 500;
  if (store_.newest_event() == written_) return {};
  const auto events = TRY(
      store_.read([&](Database& db) -> Result<std::vector<Event>> { return events_after(db, written_, {}, at_once); }));
  for (const auto& event : events) {
    write(event);
    written_ = event.id;
  }
  return {};
}

}  // namespace berth::agent
