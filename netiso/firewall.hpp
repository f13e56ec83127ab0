// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "netiso/bounds.hpp"
#include "netiso/kernel_rules.hpp"

namespace berth {

/// A machine's way through the firewall: its port, card and address on its user's bridge, and its published SSH port.
/// Until it is applied, nothing that the machine's tap sends gets anywhere.
class Firewall : public Driver {
 public:
  /// Refers to the rules: keep them alive.
  Firewall(KernelRules& rules, const Bounds& bounds) : rules_(rules), bounds_(bounds) {}

  Kind kind() const noexcept override { return Kind::firewall; }
  Result<Presence> observe(const Spec& spec) override;
  /// `invalid_field` for an address or a port out of bounds.
  Result<void> apply(const Spec& spec) override;
  /// The machine's connections end with it; whoever has the address next does not inherit a way in.
  Result<void> remove(const Id& machine) override;
  Result<std::vector<Id>> list() override { return rules_.owners(Kind::firewall); }

 private:
  KernelRules& rules_;
  const Bounds bounds_;
};

}  // namespace berth
