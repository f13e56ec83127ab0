// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <set>

#include "agent/resources.hpp"
#include "agent/store/database.hpp"

namespace berth::agent {

/// What the sessions that are not gone have reserved: summed when asked for, never counted along. Of one user, or of
/// all.
Quota reserved(Database& db, const std::optional<UserId>& user);
std::vector<std::pair<std::string, Quota>> reserved_by_user(Database& db);

/// Addresses of a user's machines, and ports of the host, that are held by sessions that are not gone.
std::set<Ipv4> held_addresses(Database& db, const UserId& user);
std::set<std::uint16_t> held_ports(Database& db);

}  // namespace berth::agent
