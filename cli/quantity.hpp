// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/spec.hpp"

/// Numbers with units as people write and read them.
namespace berth::cli {

/// "90s", "15m", "8h", "7d": a whole number from 1 and one unit, at most 10 years. `option` is named in the refusal.
Result<std::chrono::seconds> parse_duration(std::string_view text, std::string_view option);
/// "512M", "4G", "1T": a whole number from 1 and one unit of 1024².
Result<Bytes> parse_size(std::string_view text, std::string_view option);
/// Digits alone, within the range.
Result<std::uint64_t> parse_count(std::string_view text, std::string_view option, std::uint64_t least,
                                  std::uint64_t most);
/// The API's time, "2026-02-03T04:05:06.789Z"; the fraction may be missing.
Result<Time> parse_time(std::string_view text);

/// "512 MiB", "1.5 GiB", "712 B".
std::string size_text(Bytes bytes);
/// The two largest units: "7 h 58 min", "45 s", "2 d".
std::string duration_text(std::chrono::seconds duration);
/// "in 7 h 58 min", "3 min ago", "now".
std::string relative_text(Time time, Time now);

}  // namespace berth::cli
