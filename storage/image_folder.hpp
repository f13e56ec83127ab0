// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>

#include "core/error.hpp"
#include "storage/image.hpp"
#include "storage/inspector.hpp"

/// One image's folder: disk, and for a bundle kernel, initrd and cmdline (all 0444), and image.json with what is known.
namespace berth::image_folder {

/// The name under which a file lies in the folder while it is inspected.
inline constexpr const char* incoming = "incoming";

/// Makes the folder's files out of `incoming`, which was inspected: a lone disk by renaming it, a bundle by copying the
/// ranges that the inspection names; `storage_full` when the file system would have less than `reserve` bytes left.
/// Synced, the folder is 0711. What `read` then gives.
Result<Image> build(const std::filesystem::path& folder, const ImageId& id, Bytes file_size,
                    const Inspection& inspection, Bytes reserve);

/// The image in a folder that `build` has made; `storage_failed` when something is missing.
Result<Image> read(const std::filesystem::path& folder, const ImageId& id);

}  // namespace berth::image_folder
