// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

#include "core/error.hpp"
#include "core/fd.hpp"

namespace berth {

/// The number that the kernel gives to the state of all nftables tables of this network namespace. Every transaction,
/// of whomever, adds one: while the number stands, what was listed before is still true. Asking costs some
/// microseconds.
class Generation {
 public:
  /// The number now; `firewall_failed` when the kernel does not say.
  Result<std::uint32_t> now();

 private:
  Fd socket_;
};

}  // namespace berth
