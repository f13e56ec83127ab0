// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/erase.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <vector>

#include "core/fd.hpp"
#include "core/file.hpp"
#include "storage/folder.hpp"

namespace berth {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view gone_suffix = ".gone";

/// Open for writing, or nothing when there is no such file.
Result<Fd> open_to_erase(const fs::path& path) {
  Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno != ENOENT) return std::unexpected(file_error("erase", path, errno));
  return fd;
}

Result<void> overwrite(int fd, const fs::path& path) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return std::unexpected(file_error("erase", path, errno));
  constexpr off_t most = 1 << 20;  // key files have less than a kilobyte
  std::vector<std::uint8_t> noise(static_cast<std::size_t>(std::min(info.st_size, most)));
  randombytes_buf(noise.data(), noise.size());
  TRY(write_all(fd, noise, path));
  if (fsync(fd) != 0) return std::unexpected(file_error("erase", path, errno));
  return {};
}

Result<void> finish(const fs::path& gone) {
  const auto fd = TRY(open_to_erase(gone));
  if (!fd) return {};
  TRY(overwrite(fd.get(), gone));
  return remove_file(gone);
}

}  // namespace

Result<void> erase_file(const fs::path& path) {
  const fs::path gone = path.string() + std::string(gone_suffix);
  TRY(finish(gone));
  const auto fd = TRY(open_to_erase(path));
  if (!fd) return {};
  if (::rename(path.c_str(), gone.c_str()) != 0) return std::unexpected(file_error("rename", path, errno));
  TRY(sync_folder(path.parent_path()));
  TRY(overwrite(fd.get(), gone));
  return remove_file(gone);
}

Result<void> finish_erasing(const fs::path& folder) {
  for (const auto& name : TRY(names_in(folder)))
    if (name.ends_with(gone_suffix)) TRY(finish(folder / name));
  return {};
}

}  // namespace berth
