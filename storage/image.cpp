// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/image.hpp"

#include <algorithm>
#include <array>

namespace berth {

constexpr std::array<std::string_view, 3> names{"qcow2", "raw", "bundle"};

std::string_view name_of(ImageFormat format) noexcept {
  return names[static_cast<std::size_t>(format)];
}

Result<ImageFormat> parse_image_format(std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end())
    return std::unexpected(
        Error{Code::invalid_field, "an image's format must be qcow2, raw or bundle", {{"field", "format"}}});
  return static_cast<ImageFormat>(found - names.begin());
}

std::string_view name_of(DiskFormat format) noexcept {
  return format == DiskFormat::raw ? "raw" : "qcow2";
}

}  // namespace berth
