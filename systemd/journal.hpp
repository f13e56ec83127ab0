// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"

/// Structured lines in the system's journal; where there is none, on standard error. For whoever acts on something,
/// never for a library function (the error says it).
namespace berth::journal {

/// As syslog counts them.
enum class Priority { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

/// What operators search for: `journalctl MESSAGE_ID=…`. The list is closed.
namespace message {
inline constexpr std::string_view applied = "c1d61adca6cd431ca9ba3461b07c1b8e";
inline constexpr std::string_view removed = "6d5757a8689e4328882f4905295fadc0";
inline constexpr std::string_view failed = "2f3c2c8af7a4499e8864c3fb9e51eef1";
inline constexpr std::string_view lifecycle = "28d5db0df4c74f79819c6cda3dabaf45";
inline constexpr std::string_view accelerator = "bd00726ad9be4a7d84fe9881391104fe";
inline constexpr std::string_view session = "5334a15a12a040b7a1fa32b02bf39b24";
inline constexpr std::string_view operation = "ed05a1f5cba94a88a3bc6c0ff9ab06cc";
inline constexpr std::string_view recovery = "4f033aaff8d64505a67333ca00e1c52a";
}  // namespace message

/// Field names are upper case with underscores: "BERTH_SESSION", "BERTH_USER", "BERTH_OPERATION", "BERTH_MACHINE",
/// "BERTH_KIND", "BERTH_CODE", "MESSAGE_ID".
using Fields = std::vector<std::pair<std::string, std::string>>;

void write(Priority priority, std::string_view text, const Fields& fields = {});

/// `doing` and the error's own words, with BERTH_CODE set.
void write(Priority priority, std::string_view doing, const Error& error, Fields fields = {});

}  // namespace berth::journal
