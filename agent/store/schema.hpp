// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "agent/store/database.hpp"

namespace berth::agent {

/// Makes the tables, or changes those of an older version, inside the caller's transaction. `user_version` says how
/// many of the steps have been done; `storage_failed` when it is more than there are.
Result<void> bring_up_to_date(Database& db);

}  // namespace berth::agent
