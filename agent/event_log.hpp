// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "agent/model.hpp"

namespace berth::agent {

/// Writes what happened to the system's journal, for operators; progress is left out.
void log_event(const Event& event);

}  // namespace berth::agent
