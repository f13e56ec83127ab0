// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "core/error.hpp"
#include "core/id.hpp"

/// What the daemon says in the journal beside the lines of Dispatch.
namespace berth::hypervisor {

/// How the proof of KVM ended.
void log_proof(const Result<void>& proof, bool allow_emulation);
/// What has happened to a machine.
void log_lifecycle(const MachineId& machine, const std::string& event);
/// That the firewall's rules cannot be loaded at the start.
void log_no_rules(const Error& error);
/// That the firewall's rules were not as they should be, and whether they were put back.
void log_drift(const Error& drift, const Result<void>& loaded);

}  // namespace berth::hypervisor
