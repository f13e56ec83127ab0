// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "agent/settings.hpp"
#include "agent/store/database.hpp"

namespace berth::agent {

/// How much of the past is kept at most, however young it is. A finished operation takes about 400 bytes, a session
/// that is gone about 2 KiB with its machine and its creation: 20 MB in all, and more than a host's day.
struct Bounds {
  std::size_t operations = 20'000, gone_sessions = 5'000;
  std::size_t batch = 500;  ///< rows of each kind at a time; a request waits about 10 ms for that
};

/// Deletes a batch of what is kept for a time only: finished operations, sessions that are gone, Idempotency-Keys, old
/// events. The operation that made a session stays as long as the session's row: it answers a repeated request. Whether
/// there is more.
bool prune(Database& db, const Settings& settings, Time now, const Bounds& bounds = {});

}  // namespace berth::agent
