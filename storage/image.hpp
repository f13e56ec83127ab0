// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/image_id.hpp"
#include "core/spec.hpp"

namespace berth {

/// What a caller says a file is; never probed. A bundle is a tar for direct kernel boot (docs/CONTRACTS.md).
enum class ImageFormat { qcow2, raw, bundle };
std::string_view name_of(ImageFormat format) noexcept;
/// `invalid_field` for anything but "qcow2", "raw" and "bundle".
Result<ImageFormat> parse_image_format(std::string_view name);

enum class DiskFormat { qcow2, raw };
/// As QEMU and libvirt call it.
std::string_view name_of(DiskFormat format) noexcept;

/// What an image brings for a direct kernel boot.
struct DirectBoot {
  std::filesystem::path kernel, initrd;
  std::string cmdline;  ///< printable ASCII, at most 1024 characters
};

/// An image as it lies on this host: read-only files that belong to root.
struct Image {
  ImageId id;
  Bytes file_size = 0;     ///< of the file as it was given
  Bytes virtual_size = 0;  ///< what a guest sees of the disk
  std::filesystem::path disk;
  DiskFormat disk_format = DiskFormat::raw;
  std::optional<DirectBoot> boot;
};

/// What every import is held to.
struct ImageLimits {
  Bytes most_file = 64 * GiB;
  Bytes reserve = GiB;              ///< of the file system: an import never leaves less
  Bytes most_virtual = most_disk;   ///< as large as a volume may be
  std::uint64_t most_ratio = 1000;  ///< virtual bytes for each byte of the disk's file
  Bytes ratio_floor = 64 * GiB;     ///< up to this virtual size an image may be as empty as it likes
};

}  // namespace berth
