// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/image_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "core/fd.hpp"
#include "core/file.hpp"
#include "core/json.hpp"
#include "storage/room.hpp"

namespace berth::image_folder {
namespace {

namespace fs = std::filesystem;

constexpr mode_t read_only = 0444;
constexpr std::size_t longest_cmdline = 1024;

Result<void> seal(int fd, const fs::path& path) {
  if (fchmod(fd, read_only) != 0) return std::unexpected(file_error("set the mode of", path, errno));
  if (fsync(fd) != 0) return std::unexpected(file_error("write", path, errno));
  return {};
}

Result<void> copy_range(int from, Range range, const fs::path& to) {
  const Fd out(open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out) return std::unexpected(file_error("create", to, errno));
  TRY(copy_bytes(from, range.offset, range.size, out.get(), to));
  return seal(out.get(), to);
}

/// The bundle lies there until its copies do, so there must be room for both.
Result<void> unpack(const fs::path& folder, const Inspection& inspection, Bytes reserve) {
  const auto bundle = folder / incoming;
  const Fd from(open(bundle.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!from) return std::unexpected(file_error("open", bundle, errno));
  const auto& [kernel, initrd, cmdline] = *inspection.boot;
  TRY(check_room(from.get(), kernel.size + initrd.size + cmdline.size + inspection.disk.size, reserve, bundle));
  TRY(copy_range(from.get(), kernel, folder / "kernel"));
  TRY(copy_range(from.get(), initrd, folder / "initrd"));
  TRY(copy_range(from.get(), cmdline, folder / "cmdline"));
  TRY(copy_range(from.get(), inspection.disk, folder / "disk"));
  return remove_file(bundle);
}

Result<void> rename_disk(const fs::path& folder) {
  const auto from = folder / incoming, to = folder / "disk";
  if (::rename(from.c_str(), to.c_str()) != 0) return std::unexpected(file_error("rename", from, errno));
  const Fd disk(open(to.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!disk) return std::unexpected(file_error("open", to, errno));
  return seal(disk.get(), to);
}

Result<void> write_facts(const fs::path& folder, Bytes file_size, const Inspection& inspection) {
  const auto text = dump_json({{"format", 1},
                               {"file_size", file_size},
                               {"virtual_size", inspection.virtual_size},
                               {"disk_format", name_of(inspection.disk_format)},
                               {"has_kernel", inspection.boot.has_value()}});
  return write_file(folder / "image.json", {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()},
                    read_only);
}

Error not_whole(const fs::path& path, std::string reason) {
  return {Code::storage_failed,
          "an image on this host is not whole",
          {{"path", path.string()}, {"reason", std::move(reason)}, {"next", "remove the image and import it again"}}};
}

Result<std::string> read_cmdline(const fs::path& path) {
  auto line = TRY(read_file(path, longest_cmdline + 1));
  if (line.ends_with('\n')) line.pop_back();
  if (line.empty() || !std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }))
    return std::unexpected(not_whole(path, "it is not one printable line"));
  return line;
}

Result<bool> read_facts(const std::string& text, Image& image) {
  const auto value = TRY(parse_json(text));
  auto fields = TRY(JsonReader::of(value));
  TRY(fields.number("format", 1, 1));
  image.file_size = TRY(fields.number("file_size", 1, INT64_MAX));
  image.virtual_size = TRY(fields.number("virtual_size", 512, INT64_MAX));
  const auto disk_format = TRY(fields.string("disk_format"));
  image.disk_format = disk_format == "qcow2" ? DiskFormat::qcow2 : DiskFormat::raw;
  const bool has_kernel = TRY(fields.boolean("has_kernel"));
  TRY(fields.done());
  return has_kernel;
}

}  // namespace

Result<Image> build(const fs::path& folder, const ImageId& id, Bytes file_size, const Inspection& inspection,
                    Bytes reserve) {
  TRY(inspection.boot ? unpack(folder, inspection, reserve) : rename_disk(folder));
  TRY(write_facts(folder, file_size, inspection));
  if (::chmod(folder.c_str(), 0711) != 0) return std::unexpected(file_error("set the mode of", folder, errno));
  TRY(sync_folder(folder));
  return read(folder, id);
}

Result<Image> read(const fs::path& folder, const ImageId& id) {
  const auto facts = folder / "image.json";
  auto text = read_file(facts, 4096);
  if (!text) return std::unexpected(not_whole(facts, describe(text.error())));
  Image image{id, 0, 0, folder / "disk", DiskFormat::raw, std::nullopt};
  const auto has_kernel = read_facts(*text, image);
  if (!has_kernel) return std::unexpected(not_whole(facts, describe(has_kernel.error())));
  if (*has_kernel) {
    auto cmdline = TRY(read_cmdline(folder / "cmdline"));
    image.boot = DirectBoot{folder / "kernel", folder / "initrd", std::move(cmdline)};
  }
  for (const auto& path :
       {image.disk, *has_kernel ? image.boot->kernel : facts, *has_kernel ? image.boot->initrd : facts})
    if (::access(path.c_str(), F_OK) != 0) return std::unexpected(not_whole(path, "it is missing"));
  return image;
}

}  // namespace berth::image_folder
