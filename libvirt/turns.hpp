// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>

#include "core/id.hpp"

namespace berth {

/// One caller at a time for each machine, each network. libvirt's calls about a QEMU that hangs have no deadline; who
/// waits for such a call gets one here, so that one machine cannot take all workers.
class Turns {
 public:
  explicit Turns(std::chrono::milliseconds patience = std::chrono::seconds(30)) : patience_(patience) {}

  /// Ends with its life.
  class Turn {
   public:
    Turn(Turns& turns, const Id& id) : turns_(&turns), id_(id) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)), id_(other.id_) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn();

   private:
    Turns* turns_;
    Id id_;
  };
  /// `libvirt_failed` when another's turn does not end in time.
  Result<Turn> take(const Id& id);

 private:
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::set<Id> taken_;  // guarded by mutex_
};

}  // namespace berth
