// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "core/driver.hpp"
#include "core/ipv4.hpp"

namespace berth {

/// A user's bridge, as the kernel has it.
class Bridge {
 public:
  explicit Bridge(std::string name) : name_(std::move(name)) {}

  bool exists() const;
  /// Whether it exists, has the subnet's gateway for its one IPv4 address, and is hardened.
  Result<Presence> observe(const Subnet& subnet) const;
  /// Switches off IPv6, and answers to ARP requests for addresses of the host's other interfaces. `network_failed`.
  Result<void> harden() const;

 private:
  bool hardened() const;
  std::string name_;
};

}  // namespace berth
