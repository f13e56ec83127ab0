// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/store/database.hpp"

namespace berth::agent {

/// What a user's Idempotency-Key was used for.
struct UsedKey {
  std::string request;
  SessionId session;
};

std::optional<UsedKey> find_key(Database& db, std::string_view user, std::string_view key);
void insert_key(Database& db, std::string_view user, std::string_view key, const UsedKey& use);

}  // namespace berth::agent
