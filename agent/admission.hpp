// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "agent/host/host.hpp"
#include "agent/model.hpp"
#include "agent/settings.hpp"
#include "agent/store/database.hpp"

namespace berth::agent {

/// The host's limits: those that are set, the others from what the host has. A figure is 0 where nothing is known.
Quota host_quota(const Limits& limits, const HostFacts& facts);

/// What can be said of a request without looking at anything else: names, sizes, keys, time to live. `invalid_field`.
Result<void> check_request(const CreateRequest& request, const Settings& settings);
/// Two requests with the same digest ask for the same session.
std::string digest_of_request(const CreateRequest& request);

/// A session as the request wants it, with a place for it: a block and an address of the user's, a port, and room
/// within the quotas. Nothing is written but a new user.
Result<Session> admit(Database& db, const CreateRequest& request, const Settings& settings, const Quota& host,
                      Time now);

}  // namespace berth::agent
