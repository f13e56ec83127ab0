// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string_view>
#include <vector>

#include "agent/model.hpp"
#include "core/spec.hpp"

namespace berth::agent {

/// Everything that a running session has on the host, in the order of creation; removal runs in reverse.
std::vector<Spec> plan(const Session& session);

/// The specs of a plan that go when a session stops: what passes packets and runs. In the order of creation.
std::vector<Spec> plan_of_running(const Session& session);

/// How many steps an operation journals.
unsigned steps_of(OperationKind kind, const Session& session);

/// "starting the machine", "removing the network": for a person who waits.
std::string_view making(Kind kind) noexcept;
std::string_view removing(Kind kind) noexcept;

}  // namespace berth::agent
