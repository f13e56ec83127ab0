// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/accelerator.hpp"

#include <atomic>
#include <catch2/catch.hpp>

using namespace berth;
using namespace berth::hypervisor;
using namespace std::chrono_literals;

namespace {

/// A host on which KVM fails the first so many proofs.
struct Host {
  int failures;
  std::atomic<int> proofs = 0, told = 0;

  AcceleratorChoice choice(bool allow_emulation, std::chrono::milliseconds patience) {
    return {allow_emulation, [this](const Result<void>&) { ++told; },
            [this]() -> Result<void> {
              if (++proofs > failures) return {};
              return std::unexpected(Error{Code::accelerator_missing, "KVM does not run guests"});
            },
            patience};
  }
};

}  // namespace

TEST_CASE("KVM is proved once where it works") {
  Host host{0};
  auto choice = host.choice(true, 0ms);
  for (int starts = 0; starts < 3; ++starts) CHECK(choice.choose() == Accelerator::kvm);
  CHECK(host.proofs == 1);
  CHECK(host.told == 1);
}

TEST_CASE("a failed proof is not for ever: the next start proves again, and only a change is told") {
  Host host{2};
  auto choice = host.choice(false, 0ms);
  CHECK_FALSE(choice.current());
  CHECK_FALSE(choice.choose());
  CHECK(host.proofs == 2);
  CHECK(host.told == 1);
  CHECK(choice.choose() == Accelerator::kvm);
  CHECK(choice.kvm());
  CHECK(host.proofs == 3);
  CHECK(host.told == 2);
}

TEST_CASE("a proof that failed a moment ago holds, and who only asks proves nothing") {
  Host host{9};
  auto patient = host.choice(true, 1h);
  for (int starts = 0; starts < 3; ++starts) CHECK(patient.choose() == Accelerator::qemu);
  CHECK(host.proofs == 1);
  Host other{9};
  auto hasty = other.choice(true, 0ms);
  for (int looks = 0; looks < 3; ++looks) CHECK(hasty.current() == Accelerator::qemu);
  CHECK(other.proofs == 1);
}
