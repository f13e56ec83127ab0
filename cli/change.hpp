// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/context.hpp"

namespace berth::cli {

inline constexpr Option no_wait_option{"no-wait", "", "do not wait for the end; the operation's id is printed"};

/// Ends a command whose request was accepted (`{"session", "operation"}`): waits unless --no-wait, prints the session
/// as it is then, or with --json what `berth help exit-codes` says. The failure of the operation is the command's.
/// `done` is what happened, for a person: "started".
Outcome<Exit> conclude(const Context& context, const nlohmann::json& accepted, std::string_view done);
/// The same for a DELETE, whose answer is null when the one before it, of which no answer came, had done all.
Outcome<Exit> conclude_removal(const Context& context, const std::string& name, const nlohmann::json& accepted,
                               std::string_view done);

}  // namespace berth::cli
