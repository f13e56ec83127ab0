// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "netiso/element.hpp"

namespace berth {

/// What the kernel has of the rule set.
struct Listing {
  std::vector<Element> elements;
  std::string rules;  ///< sets, chains and rules without elements and handles; only good to be compared
};

/// Adds what nft prints, as JSON, for `list table`.
Result<void> read_listing(std::string_view printed, Listing& listing);

}  // namespace berth
