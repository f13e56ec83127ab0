// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>

#include "core/error.hpp"
#include "core/spec.hpp"

namespace berth {

/// `storage_full`, with the numbers, unless the file system of an open file can take `wanted` bytes more and have
/// `reserve` left. `path` is the file's, for the error.
Result<void> check_room(int fd, Bytes wanted, Bytes reserve, const std::filesystem::path& path);

}  // namespace berth
