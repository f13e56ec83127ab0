// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <filesystem>

#include "core/error.hpp"
#include "core/image_id.hpp"
#include "storage/image.hpp"

namespace berth {

struct Spooled {
  ImageId id;  ///< SHA-256 of what was read
  Bytes size = 0;
};

/// Copies what a descriptor (file, pipe or socket) gives from its current position to its end into a new file (0600,
/// synced). `too_large` above the limit; `storage_full` before the file system has less than its reserve left;
/// `request_timeout` when nothing comes for `patience`. After an error the file may be there, half written.
Result<Spooled> spool(int from, const std::filesystem::path& to, const ImageLimits& limits,
                      std::chrono::milliseconds patience = std::chrono::seconds(60));

}  // namespace berth
