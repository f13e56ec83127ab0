// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/host/host.hpp"
#include "core/driver.hpp"

/// The hypervisor manager's answers (docs/CONTRACTS.md), from JSON into values. What is not as agreed is `internal`:
/// the two daemons are not of one version.
namespace berth::agent {

Result<Presence> parse_presence_answer(std::string_view json);
Result<std::vector<Id>> parse_ids(std::string_view json);
Result<std::map<MachineId, MachineState>> parse_domains(std::string_view json);
Result<HostFacts> parse_facts(std::string_view json);
Result<Image> parse_image(std::string_view json);
Result<std::vector<Image>> parse_images(std::string_view json);
/// Nothing for a word that is not known here.
std::optional<MachineEvent> parse_machine_event(std::string_view word);

}  // namespace berth::agent
