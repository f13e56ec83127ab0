// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/store/database.hpp"

namespace berth::agent {

/// Single remembered values, such as the boot id that was seen last ("boot_id").
std::optional<std::string> fact(Database& db, std::string_view name);
void remember(Database& db, std::string_view name, std::string_view value);

}  // namespace berth::agent
