// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/patience.hpp"

#include <algorithm>

namespace berth::agent {

bool may_pass(Code code) noexcept {
  return code == Code::hypervisor_unavailable || code == Code::libvirt_failed || code == Code::guest_agent_failed;
}

Patience::Failure Patience::failed(const Id& what, Moment now) {
  constexpr std::chrono::milliseconds shortest{250}, longest{10'000};
  constexpr unsigned most_doublings = 6;
  const std::lock_guard lock(mutex_);
  auto& row = rows_.try_emplace(what, Row{now}).first->second;
  const auto pause = std::min(longest, shortest * (1 << std::min(row.count, most_doublings)));
  return {row.count++ == 0, pause};
}

std::chrono::milliseconds Patience::lasting(const Id& what, Moment now) const {
  const std::lock_guard lock(mutex_);
  const auto row = rows_.find(what);
  return row == rows_.end() ? std::chrono::milliseconds(0) : now - row->second.begun;
}

void Patience::worked(const Id& what) {
  const std::lock_guard lock(mutex_);
  rows_.erase(what);
}

}  // namespace berth::agent
