// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

#include "core/spec.hpp"
#include "netiso/policy.hpp"

namespace berth {

/// What the operator gives to guests: addresses, and ports of the host that lead to their SSH. The agent hands these
/// out; it is held to them here, so that one that was broken into can neither take the host's own neighbours' addresses
/// for a guest's nor publish a port of another service.
struct Bounds {
  Block pool;
  std::uint16_t first_port = 0, last_port = 0;

  /// `invalid_field`, with the field and what is allowed.
  Result<void> check(const NetworkSpec& spec) const;
  Result<void> check(const FirewallSpec& spec) const;
};

}  // namespace berth
