// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cwchar>

namespace berth::cli {
namespace {

constexpr char32_t replacement = 0xFFFD;

struct Decoded {
  char32_t point = replacement;
  std::size_t bytes = 1;
};

std::size_t length_by_first_byte(unsigned char byte) {
  if (byte < 0x80) return 1;
  if (byte >= 0xC2 && byte < 0xE0) return 2;
  if (byte >= 0xE0 && byte < 0xF0) return 3;
  if (byte >= 0xF0 && byte < 0xF5) return 4;
  return 0;
}

/// The first character of text that is not empty; U+FFFD for one byte of what is no UTF-8 (RFC 3629).
Decoded decode(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const auto length = length_by_first_byte(first);
  if (length == 1) return {first, 1};
  if (length == 0 || text.size() < length) return {};
  char32_t point = first & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return {};
    point = (point << 6) | (byte & 0x3Fu);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  const bool surrogate = point >= 0xD800 && point < 0xE000;
  if (overlong || surrogate || point > 0x10FFFF) return {};
  return {point, length};
}

bool is_control(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

/// Characters that are not seen but change how others are shown: direction marks, separators of lines, the BOM.
bool is_invisible(char32_t point) {
  return (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF || point == 0x061C;
}

std::size_t columns_of(char32_t point) {
  const int width = wcwidth(static_cast<wchar_t>(point));
  return width < 0 ? 1 : static_cast<std::size_t>(width);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const auto [point, bytes] = decode(text);
    if (point == '\n' || point == '\t' || point == '\r')
      clean += ' ';
    else if (is_control(point))
      clean += fmt::format("\\x{:02x}", static_cast<unsigned>(point));
    else if (is_invisible(point))
      clean += fmt::format("\\u{:04x}", static_cast<unsigned>(point));
    else if (point == replacement)
      clean += "\xEF\xBF\xBD";
    else
      clean += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return clean;
}

std::size_t columns(std::string_view text) {
  std::size_t all = 0;
  while (!text.empty()) {
    const auto [point, bytes] = decode(text);
    all += columns_of(point);
    text.remove_prefix(bytes);
  }
  return all;
}

std::string fitted(std::string_view text, std::size_t most_columns) {
  if (columns(text) <= most_columns) return std::string(text);
  std::string head;
  std::size_t used = 0;
  while (!text.empty()) {
    const auto [point, bytes] = decode(text);
    if (used + columns_of(point) + 1 > most_columns) break;
    used += columns_of(point);
    head += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return most_columns == 0 ? "" : head + "…";
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string all;
  std::size_t used = indent;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const bool first = used == indent;
    const bool fits = first || used + 1 + columns(word) <= width;
    if (!first) all += fits ? " " : "\n" + std::string(indent, ' ');
    used = (fits ? used + (first ? 0 : 1) : indent) + columns(word);
    all += word;
  }
  return all;
}

}  // namespace berth::cli
