// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/api/health.hpp"

namespace berth::agent {
namespace {

using std::chrono::steady_clock;
constexpr std::chrono::seconds fresh{2};

}  // namespace

Result<HostFacts> HostHealth::facts() {
  std::unique_lock lock(mutex_);
  if (last_ && (asking_ || steady_clock::now() - asked_ < fresh)) return *last_;
  if (asking_)
    return std::unexpected(Error{Code::hypervisor_unavailable, "the hypervisor manager has not answered yet"});
  asking_ = true;
  lock.unlock();
  auto facts = host_.facts();
  lock.lock();
  asking_ = false;
  asked_ = steady_clock::now();
  last_ = facts;
  return facts;
}

}  // namespace berth::agent
