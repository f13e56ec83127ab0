// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvirt/handles.hpp"
#include "libvirt/turns.hpp"
#include "netiso/bounds.hpp"
#include "netiso/kernel_rules.hpp"

namespace berth {

/// A user's network: a libvirt network of one bridge, DHCP and DNS, and the firewall's leave for guests to use these.
///
/// Networks are transient. They outlive a restart of libvirtd, which keeps running networks in /run, and nothing of
/// them is left after a restart of the host or in /etc; what should be there is the agent's to know.
class Networks : public Driver {
 public:
  /// Larger subnets would make libvirt and dnsmasq read tens of thousands of fixed addresses.
  static constexpr unsigned shortest_prefix = 22;

  /// Refers to the rules: keep them alive.
  Networks(LibvirtProvider libvirt, KernelRules& rules, const Bounds& bounds)
      : libvirt_(std::move(libvirt)), rules_(rules), bounds_(bounds) {}

  Kind kind() const noexcept override { return Kind::network; }
  Result<Presence> observe(const Spec& spec) override;
  /// `invalid_field` for a subnet out of bounds. A damaged network is made anew, and the taps of guests that run are
  /// connected to it again; one whose DHCP and DNS died gets these back.
  Result<void> apply(const Spec& spec) override;
  Result<void> remove(const Id& user) override;
  /// The users of all libvirt networks that bear our prefix, of all bridges that bear our mark, and of all elements
  /// that the firewall has for networks.
  Result<std::vector<Id>> list() override;

 private:
  LibvirtProvider libvirt_;
  KernelRules& rules_;
  const Bounds bounds_;
  Turns turns_;  ///< two sessions of one user may want its network at once
};

}  // namespace berth
