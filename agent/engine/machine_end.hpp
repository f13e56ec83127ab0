// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>

#include "agent/host/host.hpp"
#include "agent/model.hpp"

namespace berth::agent {

/// A machine that is not running although it should: `guest_stopped`, with what was seen of its end.
Error ended(const Machine& machine, const std::optional<MachineEvent>& end);

}  // namespace berth::agent
