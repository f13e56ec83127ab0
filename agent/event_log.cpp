// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/event_log.hpp"

#include <fmt/format.h>

#include "systemd/journal.hpp"

namespace berth::agent {

void log_event(const Event& event) {
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

}  // namespace berth::agent
