// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>

#include "core/ipv4.hpp"
#include "core/spec.hpp"

namespace berth::agent {

/// How much one user, or the whole host, may have reserved at a time. Stopped sessions count: they can be started.
struct Quota {
  std::uint64_t sessions = 0;
  std::uint64_t cpus = 0;
  Bytes memory = 0;
  Bytes disk = 0;
};

struct Limits {
  Quota user{10, 32, 64 * GiB, 512 * GiB};
  /// CPUs, memory and disk of 0 are worked out from what the host has, by the percentages below.
  Quota host{1000, 0, 0, 0};
  unsigned cpu_percent = 400;    ///< guests' CPUs for 100 of the host's
  unsigned memory_percent = 90;  ///< guests' memory of the host's
  unsigned disk_percent = 100;   ///< volumes' sizes of the storage's; a volume takes up only what is written
};

/// Everything about the store and the engine that an operator can set. The defaults are those of agent.conf.
struct Settings {
  Limits limits{};
  Subnet pool = Subnet::parse("10.66.0.0/16").value();
  unsigned user_prefix = 27;                            ///< every user gets a block of this prefix out of the pool
  std::uint16_t first_port = 20000, last_port = 29999;  ///< ports of the host that lead to machines' port 22

  std::chrono::seconds default_time_to_live{std::chrono::hours(8)};
  std::chrono::seconds longest_time_to_live{
      std::chrono::hours(24 * 30)};  ///< from now, at creation and after an extension

  unsigned workers = 4;                      ///< half of them may be busy with one user's sessions
  std::chrono::seconds ready_within{300};    ///< for a started machine to answer
  std::chrono::seconds shutdown_within{60};  ///< for a guest to power off when asked; then its power is cut
  std::chrono::seconds retry_for{60};  ///< how long a hypervisor that is away is waited for before an operation fails
  std::chrono::seconds reconcile_every{60};
  std::chrono::hours keep_operations{24};  ///< finished operations and Idempotency-Keys
  std::uint64_t keep_events = 50'000;
  bool adopt_nothing = false;  ///< start with an empty database beside objects of Berth's on the host
};

}  // namespace berth::agent
