// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <string>

#include "core/id.hpp"

namespace berth::agent {

/// One lock for each user's key and network, which all of the user's sessions share: "is this the last session?" and
/// the removal that follows must not be torn apart by another session's `apply`. Users may share a lock; that costs
/// time only.
class UserLocks {
 public:
  [[nodiscard]] std::unique_lock<std::mutex> hold(const UserId& user) {
    return std::unique_lock(locks_[std::hash<std::string>{}(user.str()) % locks_.size()]);
  }

 private:
  std::array<std::mutex, 61> locks_;
};

}  // namespace berth::agent
