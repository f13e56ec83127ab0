// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/api/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace berth::agent {
namespace {

constexpr std::size_t most_parameters = 16;

Error wrong(std::string_view name, std::string message) {
  return {Code::invalid_field, std::move(message), {{"field", std::string(name)}}};
}

/// The library checks UTF-8 when it writes text, and nowhere else.
bool is_text(const std::string& text) {
  if (std::ranges::any_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; })) return false;
  try {
    (void)nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

}  // namespace

Result<std::string> percent_decoded(std::string_view text) {
  if (!text.contains('%')) return std::string(text);
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const auto digits = text.substr(i + 1, 2);
    unsigned char byte = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (fault != std::errc{} || digits.size() != 2 || end != digits.data() + 2)
      return std::unexpected(
          Error{Code::malformed_request, "a percent sign in the target is not followed by two hexadecimal digits"});
    decoded += static_cast<char>(byte);
    i += 2;
  }
  if (!is_text(decoded))
    return std::unexpected(Error{Code::malformed_request, "the target holds bytes that are not printable UTF-8"});
  return decoded;
}

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    segments.push_back(path.substr(0, path.find('/')));
    path.remove_prefix(segments.back().size());
  }
  return segments;
}

Result<ApiQuery> ApiQuery::parse(std::string_view text) {
  ApiQuery query;
  while (!text.empty()) {
    const auto pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const auto equals = pair.find('=');
    const auto name = TRY(percent_decoded(pair.substr(0, equals)));
    if (equals == std::string_view::npos) return std::unexpected(wrong(name, "a parameter is `name=value`"));
    auto value = TRY(percent_decoded(pair.substr(equals + 1)));
    if (std::ranges::find(query.values_, name, [](const auto& known) { return known.first; }) != query.values_.end())
      return std::unexpected(wrong(name, "stands there twice"));
    if (query.values_.size() == most_parameters) return std::unexpected(wrong(name, "there are too many parameters"));
    query.values_.emplace_back(name, std::move(value));
  }
  return query;
}

std::optional<std::string> ApiQuery::text(const std::string& name) {
  asked_.insert(name);
  for (const auto& [key, value] : values_)
    if (key == name) return value;
  return std::nullopt;
}

Result<bool> ApiQuery::yes_or_no(const std::string& name, bool usual) {
  const auto value = text(name);
  if (!value) return usual;
  if (*value != "yes" && *value != "no") return std::unexpected(wrong(name, "must be yes or no"));
  return *value == "yes";
}

Result<std::optional<std::uint64_t>> ApiQuery::number(const std::string& name, std::uint64_t least,
                                                      std::uint64_t most) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [rest, fault] = std::from_chars(value->data(), end, number);
  if (fault != std::errc{} || rest != end || number < least || number > most)
    return std::unexpected(wrong(name, fmt::format("must be a whole number from {} to {}", least, most)));
  return number;
}

Result<void> ApiQuery::done() const {
  for (const auto& [name, value] : values_)
    if (!asked_.contains(name)) return std::unexpected(wrong(name, "is not a parameter that is known here"));
  return {};
}

}  // namespace berth::agent
