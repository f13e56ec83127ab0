// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace berth {

/// Lets a std::unique_ptr own a C handle that the function `Free` gives back; what that returns is of no use then.
template <auto Free>
struct Deleter {
  void operator()(auto* handle) const noexcept { (void)Free(handle); }
};

}  // namespace berth
