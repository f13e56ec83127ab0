// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/findings_log.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "systemd/journal.hpp"

namespace berth::agent {
namespace {

void warn(std::string_view text, const Unknown& thing) {
  journal::write(journal::Priority::warning, text, {{"BERTH_KIND", thing.kind}, {"BERTH_OBJECT", thing.id}});
}

}  // namespace

void log_findings(const Findings& findings, const std::vector<Unknown>& known) {
  for (const auto& gone : findings.removed) warn(fmt::format("Removed a {} that no session has", gone.kind), gone);
  for (const auto& error : findings.refused)
    journal::write(journal::Priority::warning, "Cannot remove what no session has, trying again later", error);
  for (const auto& kept : findings.kept)
    if (std::ranges::find(known, kept.id, &Unknown::id) == known.end())
      warn(fmt::format("Found a {} that no session has, and left it alone", kept.kind), kept);
}

}  // namespace berth::agent
