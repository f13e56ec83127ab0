// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "agent/host/host.hpp"

namespace berth::agent {

/// What the hypervisor manager says of its host, asked for at most once at a time and not again at once: so a manager
/// that hangs holds one of the API's workers and no more. For any number of threads.
class HostHealth {
 public:
  /// `host` outlives it.
  explicit HostHealth(Host& host) : host_(host) {}

  /// No older than 2 s, unless somebody else is asking at the moment: then the last answer.
  Result<HostFacts> facts();

 private:
  Host& host_;
  std::mutex mutex_;
  bool asking_ = false;
  std::chrono::steady_clock::time_point asked_{};
  std::optional<Result<HostFacts>> last_;
};

}  // namespace berth::agent
