// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "agent/store/store.hpp"

namespace berth::agent {

/// Takes room on the disk beforehand, so that sessions can be stopped and ended when the disk is full, which makes
/// room. The database keeps free pages, and its log its length. The errors are the database's; a disk that is full
/// already
/// (`storage_full`) takes nothing away.
Result<void> keep_room(Store& store);

}  // namespace berth::agent
