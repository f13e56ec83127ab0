// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <utility>

#include "agent/model.hpp"

namespace berth::agent {

/// The ways a session may go. A phase may always stay as it is.
constexpr bool allowed(Phase from, Phase to) {
  if (from == to) return true;
  switch (from) {
    case Phase::creating:
      return to == Phase::running || to == Phase::terminating;
    case Phase::running:
      return to != Phase::creating;
    case Phase::stopping:
      return to == Phase::stopped || to == Phase::failed || to == Phase::terminating;
    case Phase::stopped:
      return to == Phase::starting || to == Phase::terminating;
    case Phase::starting:
      return to == Phase::running || to == Phase::failed || to == Phase::terminating;
    case Phase::terminating:
      return false;
    case Phase::failed:
      return to == Phase::starting || to == Phase::stopping || to == Phase::terminating;
  }
  std::unreachable();
}

static_assert(!allowed(Phase::terminating, Phase::running), "what is being destroyed never comes back");
static_assert(!allowed(Phase::creating, Phase::failed), "a creation that never ran is undone, not kept");
static_assert(!allowed(Phase::stopped, Phase::running) && !allowed(Phase::failed, Phase::running),
              "a machine runs through `starting` alone, where its firewall is set");

}  // namespace berth::agent
