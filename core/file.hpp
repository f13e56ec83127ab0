// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace berth {

/// The error of a failed system call on a file: `storage_full` for ENOSPC and EDQUOT, else `storage_failed`.
Error file_error(std::string_view doing, const std::filesystem::path& path, int error_number);

/// The whole of a regular file of at most `most` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t most);

/// All bytes, also over interrupts and short writes.
Result<void> write_all(int fd, std::span<const std::uint8_t> bytes, const std::filesystem::path& path);

/// Copies bytes from `offset` on to where the other file stands; shares blocks where the file systems can.
Result<void> copy_bytes(int from, std::uint64_t offset, std::uint64_t size, int to, const std::filesystem::path& path);

/// Replaces a file so that after a crash it is the old one or the new one, whole: write, fsync, rename, fsync of the
/// folder. The temporary name is the file's with ".new" behind it.
Result<void> write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes, mode_t mode);

/// Makes a rename or a removal in the folder survive a power cut.
Result<void> sync_folder(const std::filesystem::path& folder);

/// Removes a file and syncs its folder; absent is success.
Result<void> remove_file(const std::filesystem::path& path);

}  // namespace berth
