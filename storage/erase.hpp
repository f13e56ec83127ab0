// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>

#include "core/error.hpp"

namespace berth {

/// Renames a small file to its name with ".gone" behind it, so that a crash leaves it whole or absent under its own
/// name, overwrites it with random bytes and unlinks it, each synced; absent is success. On a file system that copies
/// on write, or a drive that remaps, the old bytes may live on: what makes a volume unreadable is that its key was
/// wrapped in the first place.
Result<void> erase_file(const std::filesystem::path& path);

/// Erases what calls that were cut short have left in a folder.
Result<void> finish_erasing(const std::filesystem::path& folder);

}  // namespace berth
