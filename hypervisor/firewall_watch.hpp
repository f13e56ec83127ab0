// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "core/error.hpp"

namespace berth::hypervisor {

/// Puts the firewall's rules back when somebody took them away (`nft flush ruleset`, a restart of nftables.service):
/// without them guests reach each other and the host. The rules let nobody through until the agent has applied what
/// machines and networks need again.
class FirewallWatch {
 public:
  /// Both are called on the watch's thread.
  struct Rules {
    std::function<Result<void>()> check;  ///< costs little while nothing has changed, since it is asked every time
    std::function<Result<void>()> load;
  };
  /// Hears what was wrong with the rules and whether they are loaded again; while they cannot be, only once.
  using Told = std::function<void(const Error& drift, const Result<void>& loaded)>;

  FirewallWatch(Rules rules, Told told, std::chrono::milliseconds every = std::chrono::seconds(1));

 private:
  void run(const std::stop_token& stop);
  void look();

  Rules rules_;
  Told told_;
  std::chrono::milliseconds every_;
  bool failing_ = false;  // the thread's own
  std::jthread thread_;   // last: it uses all the others
};

}  // namespace berth::hypervisor
