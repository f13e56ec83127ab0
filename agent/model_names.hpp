// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string_view>

#include "agent/model.hpp"

/// The words for the model's enumerations, as they are stored and shown: "running", "ssh_keys" …
namespace berth::agent {

std::string_view name_of(Goal goal) noexcept;
std::string_view name_of(Phase phase) noexcept;
std::string_view name_of(OperationKind kind) noexcept;
std::string_view name_of(OperationState state) noexcept;

/// `invalid_field` for a word that is none, listing those that are.
Result<Goal> parse_goal(std::string_view name);
Result<Phase> parse_phase(std::string_view name);
Result<OperationKind> parse_operation_kind(std::string_view name);
Result<OperationState> parse_operation_state(std::string_view name);

}  // namespace berth::agent
