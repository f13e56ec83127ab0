// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <mutex>

#include "core/error.hpp"
#include "hypervisor/domain_xml.hpp"
#include "hypervisor/kvm_probe.hpp"

namespace berth::hypervisor {

/// Which accelerator machines get on this host: KVM where it is proved (kvm_probe), else emulation where the operator
/// allows it. Proves it in the background from its making on; a proof that held is kept for good, one that failed, as
/// it may on a host that is too busy, until a machine is to be started `patience` later.
class AcceleratorChoice {
 public:
  using Prove = std::function<Result<void>()>;
  /// `proved` hears the first outcome, and a later one where KVM works after all, on the thread that found it.
  AcceleratorChoice(bool allow_emulation, std::function<void(const Result<void>&)> proved, Prove prove = prove_kvm,
                    std::chrono::milliseconds patience = std::chrono::seconds(30));

  /// For a machine that is to be started; waits for the proof. `accelerator_missing` where KVM does not work and
  /// emulation is not allowed; it says what to do.
  Result<Accelerator> choose();
  /// The same by what is known; proves nothing again.
  Result<Accelerator> current() const;
  /// Waits for the proof; why KVM does not work.
  Result<void> kvm() const { return proof().outcome; }
  bool emulation_allowed() const { return allow_emulation_; }

 private:
  struct Proof {
    Result<void> outcome;
    std::chrono::steady_clock::time_point at;
  };
  std::shared_future<Proof> prove(bool first) const;
  Proof proof() const;
  void prove_again_if_stale();

  const bool allow_emulation_;
  const std::function<void(const Result<void>&)> proved_;
  const Prove prove_;
  const std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  std::shared_future<Proof> proof_;  // guarded by mutex_
};

/// What emulation costs, for whoever is about to allow it.
inline constexpr const char* emulation_warning =
    "emulated machines are slow, and QEMU promises no isolation of guests under emulation";

}  // namespace berth::hypervisor
