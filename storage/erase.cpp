// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/erase.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "core/fd.hpp"
#include "core/file.hpp"

namespace berth {

Result<void> erase_file(const std::filesystem::path& path) {
  const Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ENOENT) return {};
  if (!fd) return std::unexpected(file_error("erase", path, errno));
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return std::unexpected(file_error("erase", path, errno));
  constexpr off_t most = 1 << 20;  // key files have less than a kilobyte
  std::vector<std::uint8_t> noise(static_cast<std::size_t>(std::min(info.st_size, most)));
  randombytes_buf(noise.data(), noise.size());
  TRY(write_all(fd.get(), noise, path));
  if (fsync(fd.get()) != 0) return std::unexpected(file_error("erase", path, errno));
  return remove_file(path);
}

}  // namespace berth
