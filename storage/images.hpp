// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "storage/image.hpp"
#include "storage/inspector.hpp"
#include "storage/keys.hpp"

namespace berth {

/// The images of this host, each in a folder named by its SHA-256. What is in such a folder was inspected and never
/// changes.
class Images {
 public:
  /// `folder` is .../images. `keys` knows which images volumes lie over, so that none of these is removed.
  Images(std::filesystem::path folder, Keys& keys, Inspector inspector, ImageLimits limits = {})
      : folder_(std::move(folder)), keys_(keys), inspector_(std::move(inspector)), limits_(limits) {}
  /// Makes the folder (0711) and removes what a crash left behind. To be called once, before all else.
  Result<void> prepare();

  /// Takes over an image from a descriptor, read from its current position to its end. The same file again is success.
  /// `image_rejected`, `checksum_mismatch`, `too_large`, `storage_full`: nothing stays behind.
  Result<Image> import(int file, ImageFormat format, const std::optional<ImageId>& expected);
  /// `not_found`; `storage_failed` for one whose files are not whole.
  Result<Image> find(const ImageId& id) const;
  /// Those that are whole.
  Result<std::vector<Image>> list() const;
  /// Absent is success; `image_in_use` while a volume of this host lies over it.
  Result<void> remove(const ImageId& id);

  /// While this is held no image is removed: for who finds an image and then builds on it.
  std::shared_lock<std::shared_mutex> keep() const { return std::shared_lock(removal_); }

 private:
  Result<Image> take_over(const std::filesystem::path& aside, int file, ImageFormat format,
                          const std::optional<ImageId>& expected);
  Result<Image> settle(const std::filesystem::path& aside, const ImageId& id);

  std::filesystem::path folder_;
  Keys& keys_;
  Inspector inspector_;
  ImageLimits limits_;
  mutable std::shared_mutex removal_;
};

}  // namespace berth
