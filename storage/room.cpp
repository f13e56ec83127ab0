// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/room.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <cerrno>

#include "core/file.hpp"

namespace berth {

Result<void> check_room(int fd, Bytes wanted, Bytes reserve, const std::filesystem::path& path) {
  struct statvfs room {};
  if (fstatvfs(fd, &room) != 0) return std::unexpected(file_error("look at", path, errno));
  const Bytes free = room.f_bavail * room.f_frsize;
  if (free >= reserve && free - reserve >= wanted) return {};
  return std::unexpected(Error{Code::storage_full,
                               "there is not enough room for the image",
                               {{"path", path.parent_path().string()},
                                {"reason", fmt::format("it needs {} bytes more of {} that are free, and {} bytes are "
                                                       "kept free for machines",
                                                       wanted, free, reserve)},
                                {"next", "remove images that are not used ('berth image list'), or add storage"}}});
}

}  // namespace berth
