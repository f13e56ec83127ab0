// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/accelerator.hpp"

namespace berth::hypervisor {

using std::chrono::steady_clock;

AcceleratorChoice::AcceleratorChoice(bool allow_emulation, std::function<void(const Result<void>&)> proved,
                                     Prove prove_it, std::chrono::milliseconds patience)
    : allow_emulation_(allow_emulation),
      proved_(std::move(proved)),
      prove_(std::move(prove_it)),
      patience_(patience),
      proof_(prove(true)) {}

std::shared_future<AcceleratorChoice::Proof> AcceleratorChoice::prove(bool first) const {
  return std::async(std::launch::async,
                    [this, first] {
                      auto outcome = prove_();
                      if (first || outcome) proved_(outcome);
                      return Proof{std::move(outcome), steady_clock::now()};
                    })
      .share();
}

AcceleratorChoice::Proof AcceleratorChoice::proof() const {
  std::unique_lock lock(mutex_);
  const auto latest = proof_;
  lock.unlock();
  return latest.get();
}

void AcceleratorChoice::prove_again_if_stale() {
  const std::scoped_lock lock(mutex_);
  if (proof_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  const auto& [outcome, at] = proof_.get();
  if (!outcome && steady_clock::now() - at >= patience_) proof_ = prove(false);
}

Result<Accelerator> AcceleratorChoice::choose() {
  prove_again_if_stale();
  return current();
}

Result<Accelerator> AcceleratorChoice::current() const {
  const auto proof = kvm();
  if (proof) return Accelerator::kvm;
  if (allow_emulation_) return Accelerator::qemu;
  return std::unexpected(
      Error(proof.error())
          .with("next",
                "enable virtualization in the firmware, or use a bare-metal machine; with allow_emulation = yes in "
                "/etc/berth/hypervisor.conf machines run without KVM")
          .with("warning", emulation_warning));
}

}  // namespace berth::hypervisor
