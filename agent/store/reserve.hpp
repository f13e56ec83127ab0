// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "agent/store/store.hpp"

namespace berth::agent {

/// Takes room on the disk beforehand, so that sessions can be stopped and ended when the disk is full, which makes
/// room. The database keeps free pages, and its log its length. The errors are the database's; when the disk is full
/// already (`storage_full`) nothing is lost.
Result<void> keep_reserve(Store& store);

}  // namespace berth::agent
