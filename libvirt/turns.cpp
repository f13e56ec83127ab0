// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvirt/turns.hpp"

namespace berth {

Turns::Turn::~Turn() {
  if (turns_ == nullptr) return;
  const std::lock_guard lock(turns_->mutex_);
  turns_->taken_.erase(id_);
  turns_->ended_.notify_all();
}

Result<Turns::Turn> Turns::take(const Id& id) {
  std::unique_lock lock(mutex_);
  if (!ended_.wait_for(lock, patience_, [&] { return !taken_.contains(id); }))
    return std::unexpected(Error{Code::libvirt_failed,
                                 "an earlier call to libvirt has not ended",
                                 {{"id", id.str()},
                                  {"next",
                                   "look at `systemctl status libvirtd` and, of a machine, whether its QEMU hangs; "
                                   "systemctl restart libvirtd"}}});
  taken_.insert(id);
  return Turn(*this, id);
}

}  // namespace berth
