// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/firewall.hpp"

namespace berth {

Result<Presence> Firewall::observe(const Spec& spec) {
  return rules_.observe(elements_of(std::get<FirewallSpec>(spec)));
}

Result<void> Firewall::apply(const Spec& any) {
  const auto& spec = std::get<FirewallSpec>(any);
  TRY(bounds_.check(spec));
  return rules_.put(elements_of(spec));
}

Result<void> Firewall::remove(const Id& machine) {
  return rules_.remove(machine, Kind::firewall);
}

}  // namespace berth
