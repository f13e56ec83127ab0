// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "agent/host/host.hpp"
#include "core/clock.hpp"

namespace berth::agent {

/// What was seen of machines' ends since this process runs. It explains an absence; whether a machine is absent is
/// asked of the host alone. For any number of threads.
class Watch {
 public:
  void saw(const MachineId& machine, MachineEvent event);
  /// How it ended (shutdown, crashed, stopped), when somebody watched.
  std::optional<MachineEvent> end_of(const MachineId& machine) const;
  /// The first time that it was missed without an explanation; the signal may be on its way.
  Moment missed_since(const MachineId& machine, Moment now);
  /// It runs, or is about to: whatever was seen is over.
  void forget(const MachineId& machine);

 private:
  mutable std::mutex mutex_;
  std::map<MachineId, MachineEvent> ends_;
  std::map<MachineId, Moment> missed_;
};

}  // namespace berth::agent
