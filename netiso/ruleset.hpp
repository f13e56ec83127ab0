// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "netiso/policy.hpp"

namespace berth {

/// The rules of all guests, as nft's commands: one transaction that makes the tables, sets and base chains where they
/// are missing, and replaces the rules in them. Elements stay. Base chains are never taken away, so no packet passes
/// while rules are replaced. The size does not depend on how many machines there are: rules look into the sets of
/// element.hpp.
std::string ruleset(const GuestPolicy& policy);

/// Has the connections of all machines counted anew, by the limit that the rules have now.
std::string recount();

}  // namespace berth
