// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace berth::agent {

/// The query of a request's target, read once a parameter. Every refusal is `invalid_field` and names the parameter.
class ApiQuery {
 public:
  /// "user=alice&limit=10". Refuses a parameter that stands there twice or has no `=`, and what is not percent-encoded
  /// UTF-8.
  static Result<ApiQuery> parse(std::string_view text);

  /// Nothing when the parameter was not sent.
  std::optional<std::string> text(const std::string& name);
  /// `usual` when it was not sent.
  Result<bool> yes_or_no(const std::string& name, bool usual);
  Result<std::optional<std::uint64_t>> number(const std::string& name, std::uint64_t least, std::uint64_t most);
  /// The same through a `parse` function such as SessionId::parse.
  template <class Parse>
  auto parsed(const std::string& name, Parse parse) -> Result<std::optional<typename decltype(parse(""))::value_type>> {
    const auto value = text(name);
    if (!value) return std::nullopt;
    auto result = parse(*value);
    if (!result)
      return std::unexpected(Error{Code::invalid_field, std::move(result).error().message, {{"field", name}}});
    return std::move(*result);
  }
  /// Refuses parameters that nobody asked for. Call it last.
  Result<void> done() const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
  std::set<std::string> asked_;
};

/// The bytes that a percent-encoded text stands for; `malformed_request` for what is no encoding, or no UTF-8, or has
/// control characters.
Result<std::string> percent_decoded(std::string_view text);

/// What stands between the slashes of a path, still encoded: "/a//b" has three.
std::vector<std::string_view> segments_of(std::string_view path);

}  // namespace berth::agent
