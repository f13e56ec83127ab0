// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string_view>

#include "core/error.hpp"
#include "storage/image.hpp"

namespace berth {

/// Bytes of a file.
struct Range {
  Bytes offset = 0, size = 0;
};

/// What the inspector says of a file that may be taken.
struct Inspection {
  struct Boot {
    Range kernel, initrd, cmdline;
  };
  Range disk;
  DiskFormat disk_format = DiskFormat::raw;
  Bytes virtual_size = 0;
  std::optional<Boot> boot;  ///< for a bundle
};

/// Reads a verdict (storage/inspector/verdict.hpp) without believing it: the program that wrote it had a stranger's
/// file in its hands. Every range must lie within the file, their sum too, every number within the limits, and the kind
/// must be what was asked for. A refusal is `image_rejected`, with the inspector's reason; nonsense is `image_rejected`
/// too.
Result<Inspection> parse_verdict(std::string_view verdict, ImageFormat format, Bytes file_size,
                                 const ImageLimits& limits);

/// Runs berth-image-inspector, an unprivileged process of a few milliseconds, on one file.
class Inspector {
 public:
  /// `program` is an absolute path; `user` and `group` are whom it becomes, neither of them 0, when this process is
  /// root.
  Inspector(std::filesystem::path program, uid_t user, gid_t group)
      : program_(std::move(program)), user_(user), group_(group) {}

  /// `file` must be open for reading and not change meanwhile.
  Result<Inspection> inspect(int file, Bytes file_size, ImageFormat format, const ImageLimits& limits) const;

 private:
  std::filesystem::path program_;
  uid_t user_;
  gid_t group_;
};

}  // namespace berth
