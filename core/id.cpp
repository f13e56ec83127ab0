// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/id.hpp"

#include <sys/random.h>

#include <chrono>
#include <stdexcept>

namespace berth {
namespace {

constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::string_view hex = "0123456789abcdef";

Error not_an_id(std::string_view text) {
  return {
      Code::invalid_field, "an id is 26 lower-case letters and digits", {{"value", std::string(text.substr(0, 64))}}};
}

}  // namespace

Id Id::make() {
  Id id;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  auto ms = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  for (std::size_t i = 6; i-- > 0; ms >>= 8) id.bytes_[i] = static_cast<std::uint8_t>(ms);
  if (getrandom(id.bytes_.data() + 6, 10, 0) != 10) throw std::runtime_error("the kernel gives no random numbers");
  return id;
}

Result<Id> Id::parse(std::string_view text) {
  if (text.size() != text_length || text[0] > '7') return std::unexpected(not_an_id(text));
  __extension__ unsigned __int128 value = 0;
  for (const char c : text) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) return std::unexpected(not_an_id(text));
    value = (value << 5) | digit;
  }
  Id id;
  for (std::size_t i = id.bytes_.size(); i-- > 0; value >>= 8) id.bytes_[i] = static_cast<std::uint8_t>(value);
  return id;
}

std::string Id::str() const {
  __extension__ unsigned __int128 value = 0;
  for (const auto byte : bytes_) value = (value << 8) | byte;
  std::string text(text_length, '0');
  for (std::size_t i = text_length; i-- > 0; value >>= 5) text[i] = digits[static_cast<std::size_t>(value & 31)];
  return text;
}

std::string Id::uuid() const {
  std::string text;
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += hex[bytes_[i] >> 4];
    text += hex[bytes_[i] & 15];
  }
  return text;
}

}  // namespace berth
