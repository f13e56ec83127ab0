// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "agent/engine/task.hpp"

namespace berth::agent {

/// Carries on a change of SSH keys: gives the new list to the running machines and then makes it the session's. When
/// they do not take it the session keeps the old list, which is then what they have.
Result<Next> give_keys(Task& task);

}  // namespace berth::agent
