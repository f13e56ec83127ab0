// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/error.hpp"

namespace berth::hypervisor {

/// Proves that KVM runs a guest's kernel at a processor's speed, by booting a few instructions in long mode with paging
/// and full privilege: one `cmpxchg16b`, which interpreting KVMs do not know and every stock kernel uses, and then a
/// million turns of a loop that touches memory. That /dev/kvm opens, or that firmware boots, proves nothing: a software
/// KVM does both and hangs a kernel.
///
/// Takes about 5 ms where KVM works, a second at most; blocks. An error is `accelerator_missing` with the reason: no
/// /dev/kvm, no right to it, an instruction that it cannot run, or too slow.
Result<void> prove_kvm();

}  // namespace berth::hypervisor
