// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "agent/store/database.hpp"

namespace berth::agent {

/// An import whose end is not known here: under way, or cut off by the agent's death.
struct OpenImport {
  std::int64_t id = 0;
  std::set<ImageId> strangers;  ///< files that nobody knew before it began
};

/// Written before the hypervisor manager may publish the file. The name is for a person who looks.
std::int64_t begin_import(Database& db, std::string_view name, const std::set<ImageId>& strangers, Time now);
void end_import(Database& db, std::int64_t id);
std::vector<OpenImport> open_imports(Database& db, Time begun_since);
void forget_imports(Database& db, Time begun_before);

}  // namespace berth::agent
