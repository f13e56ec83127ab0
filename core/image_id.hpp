// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace berth {

/// An image's name on the host: the SHA-256 of the file as it was imported. Text: 64 lower-case hexadecimal digits.
class ImageId {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  ImageId() = default;
  explicit ImageId(const Digest& digest) : digest_(digest) {}
  static Result<ImageId> parse(std::string_view text);
  std::string str() const;
  auto operator<=>(const ImageId&) const = default;

 private:
  Digest digest_{};
};

}  // namespace berth
