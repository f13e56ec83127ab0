// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/label.hpp"

#include <algorithm>

namespace berth {
namespace {

constexpr std::size_t longest = 32;

bool is_label(std::string_view text, std::string_view inner) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || text.size() > longest || !letter(text.front())) return false;
  if (!letter(text.back()) && !digit(text.back())) return false;
  return std::ranges::all_of(text, [&](char c) { return letter(c) || digit(c) || inner.contains(c); });
}

Error not_a_label(std::string_view field, const char* rule) {
  return {Code::invalid_field, rule, {{"field", std::string(field)}}};
}

}  // namespace

Result<std::string> parse_label(std::string_view text, std::string_view field) {
  if (is_label(text, "-")) return std::string(text);
  return std::unexpected(not_a_label(field, "must be 1 to 32 of a-z, 0-9 and inner hyphens, beginning with a letter"));
}

Result<std::string> parse_image_label(std::string_view text, std::string_view field) {
  if (is_label(text, "-.") && !text.contains("..")) return std::string(text);
  return std::unexpected(
      not_a_label(field, "must be 1 to 32 of a-z, 0-9, inner hyphens and dots, beginning with a letter"));
}

}  // namespace berth
