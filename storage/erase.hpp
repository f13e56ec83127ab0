// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>

#include "core/error.hpp"

namespace berth {

/// Overwrites a small file with random bytes, syncs, unlinks and syncs the folder; absent is success. On a file system
/// that copies on write, or a drive that remaps, the old bytes may live on: what makes a volume unreadable is that its
/// key was wrapped in the first place.
Result<void> erase_file(const std::filesystem::path& path);

}  // namespace berth
