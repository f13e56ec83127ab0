// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "agent/engine/task.hpp"

namespace berth::agent {

/// One pass over a session: carries its operation on as far as it goes without waiting, or looks after it when there is
/// none. Never two at a time for the same session. An error is the store's: the pass must be tried again.
Result<Next> converge(Surroundings& with, const SessionId& id);

}  // namespace berth::agent
