// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/pulse.hpp"

#include <algorithm>

namespace berth::agent {

void Pulse::beat() {
  const std::lock_guard lock(mutex_);
  working_[std::this_thread::get_id()] = clock_.moment();
}

void Pulse::rest() {
  const std::lock_guard lock(mutex_);
  working_.erase(std::this_thread::get_id());
}

bool Pulse::steady() const {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.moment();
  return std::ranges::all_of(working_, [&](const auto& thread) { return now - thread.second < longest_; });
}

}  // namespace berth::agent
