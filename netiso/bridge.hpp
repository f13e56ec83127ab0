// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "core/driver.hpp"
#include "core/ipv4.hpp"
#include "netiso/link.hpp"

namespace berth {

/// A user's bridge, as the kernel has it.
class Bridge {
 public:
  explicit Bridge(const UserId& user);
  /// The users who have a bridge on this host, by the marks on the bridges.
  static std::vector<UserId> owners();

  bool exists() const { return link_.exists(); }
  /// Whether it exists, has the subnet's gateway for its one IPv4 address, and is hardened.
  Result<Presence> observe(const Subnet& subnet) const;
  /// Switches off IPv6, and answers to ARP requests for addresses of the host's other interfaces; marks the bridge with
  /// its user. `network_failed`.
  Result<void> harden() const;
  /// Absent is success.
  Result<void> remove() const { return link_.remove(); }

 private:
  bool hardened() const;

  UserId user_;
  Link link_;
};

}  // namespace berth
