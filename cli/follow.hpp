// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>

#include "cli/answers.hpp"
#include "cli/context.hpp"
#include "cli/progress.hpp"

namespace berth::cli {

/// Waits for the end of an operation by its events, showing them. When the connection breaks (the agent may be
/// restarted meanwhile) it goes on behind the last event seen or asks for the operation, until nobody has answered for
/// `Api::patience`. The operation as it is at the end, failed or not.
Outcome<nlohmann::json> follow(const Api& api, const nlohmann::json& operation, Progress& progress);

/// The same with a progress line of its own, and with what is to be said when the waiting is interrupted.
Outcome<nlohmann::json> await_operation(const Context& context, const nlohmann::json& operation,
                                        const std::string& subject);

/// What is shown while the agent is away or still starting.
Step waiting_for_agent(const Failure& why);

/// Nothing for one that succeeded; else why it failed.
Outcome<void> success_of(const nlohmann::json& operation);

}  // namespace berth::cli
