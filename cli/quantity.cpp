// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/quantity.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <span>

namespace berth::cli {
namespace {

using std::chrono::seconds;

struct Unit {
  char letter;
  std::uint64_t factor;
};
constexpr std::array durations{Unit{'s', 1}, Unit{'m', 60}, Unit{'h', 3600}, Unit{'d', 86400}};
constexpr std::array sizes{Unit{'M', MiB}, Unit{'G', GiB}, Unit{'T', 1024 * GiB}};
constexpr std::uint64_t longest_duration = 10ull * 365 * 86400;
constexpr std::uint64_t largest_size = most_disk;

Error wrong(std::string_view option, std::string_view text, std::string rule) {
  return {Code::invalid_field, fmt::format("{} {}", option, rule), {{"given", std::string(text.substr(0, 64))}}};
}

std::optional<std::uint64_t> digits(std::string_view text) {
  std::uint64_t number = 0;
  const auto [rest, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || rest != text.data() + text.size()) return {};
  return number;
}

/// A number with one unit behind it, from 1 unit to `most`.
std::optional<std::uint64_t> with_unit(std::string_view text, std::span<const Unit> units, std::uint64_t most) {
  if (text.empty()) return {};
  const auto number = digits(text.substr(0, text.size() - 1));
  for (const auto& unit : units)
    if (unit.letter == text.back() && number && *number > 0 && *number <= most / unit.factor)
      return *number * unit.factor;
  return {};
}

}  // namespace

Result<seconds> parse_duration(std::string_view text, std::string_view option) {
  const auto number = with_unit(text, durations, longest_duration);
  if (!number) return std::unexpected(wrong(option, text, "must be a duration such as 90s, 15m, 8h or 7d"));
  return seconds(*number);
}

Result<Bytes> parse_size(std::string_view text, std::string_view option) {
  const auto number = with_unit(text, sizes, largest_size);
  if (!number) return std::unexpected(wrong(option, text, "must be a size such as 512M, 4G or 1T"));
  return *number;
}

Result<std::uint64_t> parse_count(std::string_view text, std::string_view option, std::uint64_t least,
                                  std::uint64_t most) {
  const auto number = digits(text);
  if (!number || *number < least || *number > most)
    return std::unexpected(wrong(option, text, fmt::format("must be a whole number from {} to {}", least, most)));
  return *number;
}

Result<Time> parse_time(std::string_view text) {
  using namespace std::chrono;
  const Error bad{Code::malformed_request, "not a time in RFC 3339, UTC", {{"given", std::string(text.substr(0, 64))}}};
  if (text.size() < 20 || text.size() > 32 || text.back() != 'Z' || text[4] != '-' || text[7] != '-' ||
      text[10] != 'T' || text[13] != ':' || text[16] != ':')
    return std::unexpected(bad);
  std::array<std::uint64_t, 6> part{};
  constexpr std::array<std::pair<std::size_t, std::size_t>, 6> places{
      {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}}};
  for (std::size_t i = 0; i < part.size(); ++i) {
    const auto number = digits(text.substr(places[i].first, places[i].second));
    if (!number) return std::unexpected(bad);
    part[i] = *number;
  }
  const year_month_day day{year(static_cast<int>(part[0])), month(static_cast<unsigned>(part[1])),
                           std::chrono::day(static_cast<unsigned>(part[2]))};
  if (!day.ok() || part[3] > 23 || part[4] > 59 || part[5] > 60) return std::unexpected(bad);
  std::uint64_t fraction = 0;
  if (text[19] == '.') {
    auto shown = std::string(text.substr(20, text.size() - 21));
    shown.resize(3, '0');
    const auto number = digits(shown);
    if (!number) return std::unexpected(bad);
    fraction = *number;
  }
  return Time(sys_days(day)) + hours(part[3]) + minutes(part[4]) + seconds(part[5]) + milliseconds(fraction);
}

std::string size_text(Bytes bytes) {
  constexpr std::array names{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  auto value = static_cast<double>(bytes);
  for (; value >= 1024 && unit + 1 < names.size(); ++unit) value /= 1024;
  auto number = fmt::format("{:.1f}", value);
  if (number.ends_with(".0")) number.resize(number.size() - 2);
  return fmt::format("{} {}", number, names[unit]);
}

std::string duration_text(seconds duration) {
  struct Part {
    std::int64_t factor;
    const char* name;
  };
  constexpr std::array parts{Part{86400, "d"}, Part{3600, "h"}, Part{60, "min"}, Part{1, "s"}};
  auto left = duration.count();
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (left < parts[i].factor) continue;
    const auto second = left % parts[i].factor / parts[i + 1].factor;
    const auto first = fmt::format("{} {}", left / parts[i].factor, parts[i].name);
    return second == 0 ? first : fmt::format("{} {} {}", first, second, parts[i + 1].name);
  }
  return fmt::format("{} s", left);
}

std::string relative_text(Time time, Time now) {
  const auto distance = std::chrono::round<seconds>(time - now);
  if (distance.count() == 0) return "now";
  return distance.count() > 0 ? "in " + duration_text(distance) : duration_text(-distance) + " ago";
}

}  // namespace berth::cli
