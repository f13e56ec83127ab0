// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/overlay_file.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>

#include "core/fd.hpp"
#include "core/file.hpp"
#include "storage/qcow2.hpp"

namespace berth {
namespace {

namespace fs = std::filesystem;

Result<void> fill(const fs::path& path, const qcow2::Overlay& overlay, const LuksHeader& header) {
  const Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return std::unexpected(file_error("create", path, errno));
  TRY(write_all(fd.get(), qcow2::metadata(overlay), path));
  TRY(write_all(fd.get(), header.bytes, path));
  if (ftruncate(fd.get(), static_cast<off_t>(qcow2::file_length(overlay))) != 0 || fsync(fd.get()) != 0)
    return std::unexpected(file_error("write", path, errno));
  return {};
}

Result<void> settle(const fs::path& fresh, const fs::path& path) {
  if (renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0)
    return sync_folder(path.parent_path());
  if (errno != EEXIST) return std::unexpected(file_error("rename", fresh, errno));
  return std::unexpected(Error{Code::already_exists, "the volume's file exists already", {{"path", path.string()}}});
}

}  // namespace

Result<void> write_overlay_file(const fs::path& path, Bytes size, const Image& image, const LuksHeader& header) {
  const fs::path fresh = path.string() + ".new";
  const qcow2::Overlay overlay{size, image.disk.string(), std::string(name_of(image.disk_format)), header.area};
  auto done = fill(fresh, overlay, header);
  if (done) done = settle(fresh, path);
  if (!done) (void)::unlink(fresh.c_str());
  return done;
}

}  // namespace berth
