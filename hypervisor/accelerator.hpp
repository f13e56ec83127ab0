// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <future>

#include "core/error.hpp"
#include "hypervisor/domain_xml.hpp"

namespace berth::hypervisor {

/// Which accelerator machines get on this host: KVM where it is proved (kvm_probe), else emulation where the operator
/// allows it. Proves it once, in the background from its making on.
class AcceleratorChoice {
 public:
  /// `proved` hears the outcome once, on the thread that found it.
  AcceleratorChoice(bool allow_emulation, std::function<void(const Result<void>&)> proved);

  /// Waits for the proof. `accelerator_missing` where KVM does not work and emulation is not allowed; it says what to
  /// do.
  Result<Accelerator> choose() const;
  /// Waits for the proof; why KVM does not work.
  const Result<void>& kvm() const { return proof_.get(); }
  bool emulation_allowed() const { return allow_emulation_; }

 private:
  bool allow_emulation_;
  std::shared_future<Result<void>> proof_;
};

/// What emulation costs, for whoever is about to allow it.
inline constexpr const char* emulation_warning =
    "emulated machines are slow, and QEMU promises no isolation of guests under emulation";

}  // namespace berth::hypervisor
