// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/machine_end.hpp"

namespace berth::agent {
namespace {

const char* what_was_seen(const std::optional<MachineEvent>& end) {
  if (end == MachineEvent::shutdown) return "the guest powered off";
  if (end == MachineEvent::crashed) return "it crashed";
  if (end == MachineEvent::stopped) return "its process was ended";
  return "nobody was watching";
}

}  // namespace

Error ended(const Machine& machine, const std::optional<MachineEvent>& end) {
  return {Code::guest_stopped,
          "the machine stopped by itself",
          {{"machine", machine.id.str()}, {"reason", what_was_seen(end)}, {"next", "start the session again"}}};
}

}  // namespace berth::agent
