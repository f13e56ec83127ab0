// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "storage/inspector/disk.hpp"
#include "storage/inspector/numbers.hpp"

namespace berth::inspector {
namespace {

using namespace std::string_view_literals;

struct Mark {
  std::size_t at;
  std::string_view bytes;
  const char* what;
};

/// Formats that QEMU or a person might take the file for, by the bytes that each begins with.
constexpr std::array other_formats{
    Mark{0, "QFI\xfb"sv, "a qcow image"},
    Mark{0, "KDMV"sv, "a VMDK image"},
    Mark{0, "COWD"sv, "a VMDK image"},
    Mark{0, "# Disk DescriptorFile"sv, "a VMDK descriptor"},
    Mark{0, "conectix"sv, "a VHD image"},
    Mark{0, "vhdxfile"sv, "a VHDX image"},
    Mark{64, "\x7f\x10\xda\xbe"sv, "a VDI image"},
    Mark{0, "QED\0"sv, "a QED image"},
    Mark{0, "LUKS\xba\xbe"sv, "a LUKS volume"},
    Mark{0, "WithoutFreeSpace"sv, "a Parallels image"},
    Mark{0, "WithouFreSpacExt"sv, "a Parallels image"},
    Mark{0, "Bochs Virtual HD Image"sv, "a Bochs image"},
    Mark{0, "#!/bin/sh\n#V2.0 Format"sv, "a cloop image"},
    Mark{257, "ustar"sv, "a tar archive (a bundle?)"},
    Mark{0, "\x1f\x8b"sv, "compressed by gzip"},
    Mark{0,
         "\xfd"
         "7zXZ\0"sv,
         "compressed by xz"},
    Mark{0, "\x28\xb5\x2f\xfd"sv, "compressed by zstd"},
    Mark{0, "BZh"sv, "compressed by bzip2"},
    Mark{0, "PK\x03\x04"sv, "a zip archive"},
};

/// What a disk that can be booted or mounted has somewhere in its first 66 KiB.
constexpr std::array disk_marks{
    Mark{510, "\x55\xaa"sv, "a partition table or boot sector"},
    Mark{1024 + 56, "\x53\xef"sv, "ext2, ext3 or ext4"},
    Mark{0, "XFSB"sv, "XFS"},
    Mark{65536 + 64, "_BHRfS_M"sv, "btrfs"},
    Mark{0, "hsqs"sv, "squashfs"},
    Mark{512, "LABELONE"sv, "LVM"},
    Mark{32768 + 1, "CD001"sv, "ISO 9660"},
};

constexpr std::uint64_t smallest = 1 << 20;

bool is_text(std::span<const std::uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t c) { return (c >= ' ' && c != 127) || (c >= '\t' && c <= '\r'); });
}

}  // namespace

Checked<std::uint64_t> check_raw(const Source& file, const Limits& limits) {
  const auto head = TRY(file.head(65536 + 512));
  for (const auto& mark : other_formats)
    if (stands_at(head, mark.at, mark.bytes))
      return refuse(fmt::format("the file is no raw disk: it is {}", mark.what),
                    "give the format it really has, or convert it with 'qemu-img convert -O qcow2 OLD NEW'");
  if (is_text(std::span(head).first(std::min<std::size_t>(head.size(), 512))))
    return refuse("the file is no disk: it begins with text", "check that this is the file you meant");
  if (file.size() < smallest)
    return refuse("the file is too small for a disk: 1 MiB at least", "check that the file is whole");
  if (file.size() % 512 != 0)
    return refuse("the file does not end at a sector of 512 bytes: it is truncated or no disk",
                  "copy the file again, whole");
  if (file.size() > limits.most_virtual)
    return refuse(fmt::format("the disk of {} bytes is above the limit of {}", file.size(), limits.most_virtual),
                  "make a smaller disk");
  const bool known =
      std::ranges::any_of(disk_marks, [&](const Mark& mark) { return stands_at(head, mark.at, mark.bytes); });
  if (!known)
    return refuse("the file has neither a partition table nor a file system that is known here",
                  "check that this is a disk image; ext4, XFS, btrfs, squashfs, LVM, ISO 9660, MBR and GPT are known");
  return file.size();
}

}  // namespace berth::inspector
