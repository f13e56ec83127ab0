// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "core/fd.hpp"

namespace berth {

namespace fs = std::filesystem;

Error file_error(std::string_view doing, const fs::path& path, int error_number) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  return {full ? Code::storage_full : Code::storage_failed,
          full ? "the file system is full" : fmt::format("cannot {} a file", doing),
          {{"path", path.string()},
           {"reason", std::strerror(error_number)}}};  // NOLINT(concurrency-mt-unsafe): glibc's is safe
}

Result<std::string> read_file(const fs::path& path, std::size_t most) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return std::unexpected(file_error("open", path, errno));
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return std::unexpected(file_error("read", path, errno));
  if (!S_ISREG(info.st_mode) || static_cast<std::size_t>(info.st_size) > most)
    return std::unexpected(Error{
        Code::storage_failed, fmt::format("not a regular file of at most {} bytes", most), {{"path", path.string()}}});
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const auto got = ::read(fd.get(), text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(file_error("read", path, errno));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return text;
}

Result<void> write_all(int fd, std::span<const std::uint8_t> bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const auto put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return std::unexpected(file_error("write", path, errno));
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

namespace {

/// Whether the kernel or a file system has no copy_file_range for these two files (copy_file_range(2)).
bool has_no_copy_range(int error_number) {
  return error_number == EXDEV || error_number == EINVAL || error_number == ENOSYS || error_number == EOPNOTSUPP;
}

Result<void> copy_through_memory(int from, std::uint64_t offset, std::uint64_t size, int to, const fs::path& path) {
  std::vector<std::uint8_t> buffer(std::min<std::uint64_t>(size, 1 << 20));
  while (size > 0) {
    const auto got =
        pread(from, buffer.data(), std::min<std::uint64_t>(size, buffer.size()), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::unexpected(file_error("copy into", path, got < 0 ? errno : EIO));
    TRY(write_all(to, std::span(buffer).first(static_cast<std::size_t>(got)), path));
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::uint64_t>(got);
  }
  return {};
}

}  // namespace

Result<void> copy_bytes(int from, std::uint64_t offset, std::uint64_t size, int to, const fs::path& path) {
  auto at = static_cast<off64_t>(offset);
  while (size > 0) {
    const auto copied = copy_file_range(from, &at, to, nullptr, size, 0);
    if (copied < 0 && errno == EINTR) continue;
    if (copied < 0 && has_no_copy_range(errno))
      return copy_through_memory(from, static_cast<std::uint64_t>(at), size, to, path);
    if (copied <= 0) return std::unexpected(file_error("copy into", path, copied < 0 ? errno : EIO));
    size -= static_cast<std::uint64_t>(copied);
  }
  return {};
}

namespace {

Result<void> write_new(const fs::path& path, std::span<const std::uint8_t> bytes, mode_t mode) {
  const Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return std::unexpected(file_error("create", path, errno));
  if (fchmod(fd.get(), mode) != 0) return std::unexpected(file_error("set the mode of", path, errno));
  TRY(write_all(fd.get(), bytes, path));
  if (fsync(fd.get()) != 0) return std::unexpected(file_error("write", path, errno));
  return {};
}

}  // namespace

Result<void> write_file(const fs::path& path, std::span<const std::uint8_t> bytes, mode_t mode) {
  const fs::path fresh = path.string() + ".new";
  if (auto written = write_new(fresh, bytes, mode); !written) {
    (void)::unlink(fresh.c_str());
    return written;
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    auto error = file_error("rename", fresh, errno);
    (void)::unlink(fresh.c_str());
    return std::unexpected(std::move(error));
  }
  return sync_folder(path.parent_path());
}

Result<void> sync_folder(const fs::path& folder) {
  const Fd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || fsync(fd.get()) != 0) return std::unexpected(file_error("sync", folder, errno));
  return {};
}

Result<void> remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return std::unexpected(file_error("remove", path, errno));
  }
  return sync_folder(path.parent_path());
}

}  // namespace berth
