// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/model_names.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace berth::agent {
namespace {

constexpr std::array<std::string_view, 3> goals{"running", "stopped", "terminated"};
constexpr std::array<std::string_view, 7> phases{"creating", "running",     "stopping", "stopped",
                                                 "starting", "terminating", "failed"};
constexpr std::array<std::string_view, 5> kinds{"create", "start", "stop", "terminate", "ssh_keys"};
constexpr std::array<std::string_view, 3> states{"running", "succeeded", "failed"};

static_assert(goals[static_cast<std::size_t>(Goal::terminated)] == "terminated");
static_assert(phases[static_cast<std::size_t>(Phase::failed)] == "failed");
static_assert(kinds[static_cast<std::size_t>(OperationKind::ssh_keys)] == "ssh_keys");
static_assert(states[static_cast<std::size_t>(OperationState::failed)] == "failed");

template <class T>
Result<T> parse(const auto& names, std::string_view name, const char* what) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end())
    return std::unexpected(Error{Code::invalid_field,
                                 fmt::format("a {} is one of {}", what, fmt::join(names, ", ")),
                                 {{"field", what}, {"value", std::string(name.substr(0, 64))}}});
  return static_cast<T>(found - names.begin());
}

}  // namespace

std::string_view name_of(Goal goal) noexcept {
  return goals[static_cast<std::size_t>(goal)];
}
std::string_view name_of(Phase phase) noexcept {
  return phases[static_cast<std::size_t>(phase)];
}
std::string_view name_of(OperationKind kind) noexcept {
  return kinds[static_cast<std::size_t>(kind)];
}
std::string_view name_of(OperationState state) noexcept {
  return states[static_cast<std::size_t>(state)];
}

Result<Goal> parse_goal(std::string_view name) {
  return parse<Goal>(goals, name, "goal");
}
Result<Phase> parse_phase(std::string_view name) {
  return parse<Phase>(phases, name, "phase");
}
Result<OperationKind> parse_operation_kind(std::string_view name) {
  return parse<OperationKind>(kinds, name, "operation kind");
}
Result<OperationState> parse_operation_state(std::string_view name) {
  return parse<OperationState>(states, name, "operation state");
}

}  // namespace berth::agent
