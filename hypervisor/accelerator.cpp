// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/accelerator.hpp"

#include "hypervisor/kvm_probe.hpp"

namespace berth::hypervisor {

AcceleratorChoice::AcceleratorChoice(bool allow_emulation, std::function<void(const Result<void>&)> proved)
    : allow_emulation_(allow_emulation), proof_(std::async(std::launch::async, [proved = std::move(proved)] {
                                                  auto proof = prove_kvm();
                                                  proved(proof);
                                                  return proof;
                                                }).share()) {}

Result<Accelerator> AcceleratorChoice::choose() const {
  const auto& proof = kvm();
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
