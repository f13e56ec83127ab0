// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"

/// Structured lines in the system's journal; where there is none, on standard error. For whoever acts on something, never
/// for a library function (the error says it).
namespace berth::journal {

/// As syslog counts them.
enum class Priority { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

/// What operators search for: `journalctl MESSAGE_ID=…`. The list is closed; docs/OPERATIONS.md has the ids.
namespace message {
inline constexpr std::string_view applied = "6b1f0c54b3a94d0f9a4c1f6f3f0d7a01";
inline constexpr std::string_view removed = "6b1f0c54b3a94d0f9a4c1f6f3f0d7a02";
inline constexpr std::string_view failed = "6b1f0c54b3a94d0f9a4c1f6f3f0d7a03";
inline constexpr std::string_view lifecycle = "6b1f0c54b3a94d0f9a4c1f6f3f0d7a04";
inline constexpr std::string_view accelerator = "6b1f0c54b3a94d0f9a4c1f6f3f0d7a05";
inline constexpr std::string_view session = "6b1f0c54b3a94d0f9a4c1f6f3f0d7a06";
inline constexpr std::string_view operation = "6b1f0c54b3a94d0f9a4c1f6f3f0d7a07";
inline constexpr std::string_view recovery = "6b1f0c54b3a94d0f9a4c1f6f3f0d7a08";
}  // namespace message

/// Field names are upper case with underscores: "BERTH_SESSION", "BERTH_USER", "BERTH_OPERATION", "BERTH_MACHINE",
/// "BERTH_KIND", "BERTH_CODE", "MESSAGE_ID".
using Fields = std::vector<std::pair<std::string, std::string>>;

void write(Priority priority, std::string_view text, const Fields& fields = {});

/// `doing` and the error's own words, with BERTH_CODE set.
void write(Priority priority, std::string_view doing, const Error& error, Fields fields = {});

}  // namespace berth::journal
