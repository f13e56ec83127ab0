// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>

#include "core/error.hpp"
#include "storage/image.hpp"
#include "storage/luks.hpp"

namespace berth {

/// Writes an empty encrypted overlay over an image's disk (0600): under the name with ".new" behind it, synced,
/// renamed, folder synced. After an error nothing of it is left. An existing overlay is never replaced:
/// `already_exists`. It takes 512 KiB of a file system for a disk of up to 4 TiB.
Result<void> write_overlay_file(const std::filesystem::path& path, Bytes size, const Image& image,
                                const LuksHeader& header);

}  // namespace berth
