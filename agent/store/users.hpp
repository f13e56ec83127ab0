// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/settings.hpp"
#include "agent/store/database.hpp"

namespace berth::agent {

/// A tenant: the id bears the names of the key and the network on the host.
struct User {
  UserId id;
  std::string name;
  Subnet subnet;
};

std::optional<User> find_user(Database& db, std::string_view name);

/// The user of that name, made with a free block of the pool when there is none. A user without sessions has nothing on
/// the host, so when the pool is used up the block of the one who came first of those is given on.
/// `addresses_exhausted`.
Result<User> user_for(Database& db, std::string_view name, const Settings& settings, Time now);

/// Whether the user has a session that is not gone, other than `besides`.
bool has_sessions(Database& db, const UserId& user, const std::optional<SessionId>& besides = {});

/// Whether there has ever been a user: nothing is made on the host before.
bool ever_used(Database& db);

}  // namespace berth::agent
