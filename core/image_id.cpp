// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/image_id.hpp"

namespace berth {

constexpr std::string_view hex = "0123456789abcdef";

Result<ImageId> ImageId::parse(std::string_view text) {
  const auto bad = [&] {
    return std::unexpected(Error{Code::invalid_field,
                                 "a SHA-256 is 64 lower-case hexadecimal digits",
                                 {{"value", std::string(text.substr(0, 80))}}});
  };
  if (text.size() != 64) return bad();
  ImageId id;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto value = hex.find(text[i]);
    if (value == std::string_view::npos) return bad();
    id.digest_[i / 2] = static_cast<std::uint8_t>((id.digest_[i / 2] << 4) | value);
  }
  return id;
}

std::string ImageId::str() const {
  std::string text;
  for (const auto byte : digest_) {
    text += hex[byte >> 4];
    text += hex[byte & 15];
  }
  return text;
}

}  // namespace berth
