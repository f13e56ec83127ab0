// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/ruleset.hpp"

#include <fmt/format.h>

#include "netiso/element.hpp"

namespace berth {
namespace {

// No rule here has a set of its own (`{ 53, 67 }`): while rules are replaced, the kernel puts the new rules into force
// a moment before the elements of their own sets, and what such a set should drop passes (Linux 6.18: one packet of a
// flood for every reload). Named sets, which stay, have no such moment.

// Frames, as they enter a bridge from a guest's tap. What is not known to be right is dropped: a list of what is
// forbidden would miss tagged frames. `ether type` reads the outermost type, so a frame with any VLAN tag is neither ip
// nor arp. Priority -300 is before bridge-netfilter (0) and other tables' filters (-200).
constexpr std::string_view bridge_chains = R"(
add chain bridge berth prerouting { type filter hook prerouting priority -300; policy accept; }
add chain bridge berth input { type filter hook input priority -300; policy accept; }
add chain bridge berth from_guest
)";
constexpr std::string_view bridge_rules = R"(
add rule bridge berth prerouting iifname "bt*" jump from_guest
add rule bridge berth from_guest ether type ip udp sport 67 drop comment "guests are no DHCP servers"
add rule bridge berth from_guest ether type ip iifname . ether saddr . ip saddr @machines accept
add rule bridge berth from_guest ether type ip ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 iifname . ether saddr @cards accept
add rule bridge berth from_guest ether type arp arp htype 1 arp ptype ip arp hlen 6 arp plen 4 iifname . ether saddr . arp saddr ip @machines iifname . arp saddr ether . arp saddr ip @machines accept
add rule bridge berth from_guest drop
add rule bridge berth input iifname "bt*" ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop comment "these go around prerouting, to the host, as the tap's own"
)";

// ARP to the tap itself: frames to 01:80:c2:00:00:0e come there past every hook of the bridge family, and the host
// would tell which addresses it has. IP packets that come so are dropped in the inet family.
constexpr std::string_view arp_chains = R"(
add table arp berth
add chain arp berth input { type filter hook input priority 0; policy accept; }
flush table arp berth
add rule arp berth input iifname "bt*" drop
)";

// A machine that opens more connections than it may is refused new ones; those that stand go on, and other machines do
// not notice. Without a bound one guest fills the kernel's table, and the whole host is cut off. Only a packet whose
// connection the kernel has not taken into its table yet is looked at. The rate must stand before the count: the kernel
// notes what it refuses too, and forgets at most 9 of these at each of its 100 to 1,000 ticks a second
// (nf_conncount_add), so an unbound flood of refused packets would fill its memory. A query may make the host's own
// resolver open a connection, which the kernel remembers for 30 s, also when the query itself opens none.
constexpr std::string_view meter_rules = R"(
add rule inet berth guest_opens ct status confirmed return
add rule inet berth guest_opens update @openings {{ ip saddr limit rate over 512/second burst 1024 packets }} drop
add rule inet berth guest_opens add @connections {{ ip saddr ct count over {0} }} drop
add rule inet berth guest_opens add @user_connections {{ iifname ct count over {1} }} drop
add rule inet berth world_opens ct status confirmed return
add rule inet berth world_opens update @visitors {{ ip daddr limit rate over 512/second burst 1024 packets }} drop
add rule inet berth world_opens add @visits {{ ip daddr ct count over {0} }} drop
add rule inet berth world_opens add @user_visits {{ oifname ct count over {1} }} drop
add rule inet berth guest_asks update @queries {{ ip saddr limit rate over 128/second burst 256 packets }} drop
)";

// Packets, as the host routes them. Chains that concern no bridge of ours let everything pass.
constexpr std::string_view inet_chains = R"(
add chain inet berth early { type filter hook prerouting priority -300; policy accept; }
add chain inet berth input { type filter hook input priority 0; policy accept; }
add chain inet berth forward { type filter hook forward priority 0; policy accept; }
add chain inet berth output { type filter hook output priority 0; policy accept; }
add chain inet berth nat_prerouting { type nat hook prerouting priority -100; policy accept; }
add chain inet berth nat_output { type nat hook output priority -100; policy accept; }
add chain inet berth nat_postrouting { type nat hook postrouting priority 100; policy accept; }
add chain inet berth guest_to_host
add chain inet berth guest_to_world
add chain inet berth guest_to_guest
add chain inet berth world_to_guest
add chain inet berth guest_opens
add chain inet berth world_opens
add chain inet berth guest_asks
)";
constexpr std::string_view host_rules = R"(
add rule inet berth early iifname "bt*" drop comment "a tap is a port of a bridge; it has no packets of its own"
add rule inet berth early iifname "bb*" meta nfproto != ipv4 drop
add rule inet berth output oifname "bt*" drop
add rule inet berth output oifname "bb*" meta nfproto != ipv4 drop
add rule inet berth input iifname "bb*" jump guest_to_host
add rule inet berth guest_to_host udp dport 53 jump guest_asks
add rule inet berth guest_to_host ct state established,related accept comment "answers to the host's own connections"
add rule inet berth guest_to_host ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept
add rule inet berth guest_to_host iifname . ip saddr != @members drop
add rule inet berth guest_to_host jump guest_opens
add rule inet berth guest_to_host iifname . ip daddr @gateways udp dport 53 accept
add rule inet berth guest_to_host iifname . ip daddr @gateways udp dport 67 accept
add rule inet berth guest_to_host iifname . ip daddr @gateways tcp dport 53 accept
add rule inet berth guest_to_host drop
)";
// Where bridge-netfilter is on, frames from guest to guest on one bridge pass the forward hook too: guest_to_guest lets
// them go on. Routed packets of other pairs never match there: routing takes only unicast frames, and a member's own
// bridge leads to its own network.
constexpr std::string_view forward_rules = R"(
add rule inet berth forward iifname "bb*" jump guest_to_world
add rule inet berth forward oifname "bb*" jump world_to_guest
add rule inet berth guest_to_world ct state invalid drop
add rule inet berth guest_to_world iifname . ip saddr != @members drop
add rule inet berth guest_to_world jump guest_opens
add rule inet berth guest_to_world ct direction original ct mark set iifname . ip saddr map @marks
add rule inet berth guest_to_world oifname "bb*" jump guest_to_guest
add rule inet berth guest_to_world ct state established,related accept
{allowed}{blocked}add rule inet berth guest_to_world accept
add rule inet berth guest_to_guest iifname . ip daddr @members accept
add rule inet berth guest_to_guest meta pkttype broadcast accept
add rule inet berth guest_to_guest meta pkttype multicast accept
add rule inet berth guest_to_guest drop
add rule inet berth world_to_guest ct state established,related oifname . ip daddr . ct mark @flows accept
add rule inet berth world_to_guest ct state new ct status dnat tcp dport 22 oifname . ip daddr @members jump world_opens
add rule inet berth world_to_guest ct state new ct status dnat tcp dport 22 oifname . ip daddr @members ct mark set oifname . ip daddr map @marks accept
add rule inet berth world_to_guest drop
)";
constexpr std::string_view nat_rules = R"(
add rule inet berth nat_prerouting iifname != "bb*" fib daddr type local dnat ip to tcp dport map @published
add rule inet berth nat_output ip daddr != 127.0.0.0/8 fib daddr type local dnat ip to tcp dport map @published
add rule inet berth nat_postrouting meta nfproto ipv4 iifname "bb*" oifname != "bb*" masquerade
)";

std::string each(const std::vector<Block>& blocks, std::string_view verdict) {
  std::string rules;
  for (const auto& block : blocks)
    rules += fmt::format("add rule inet berth guest_to_world ip daddr {} {}\n", block.str(), verdict);
  return rules;
}

std::string forward(const GuestPolicy& policy) {
  return fmt::format(forward_rules, fmt::arg("allowed", each(policy.allowed, "accept")),
                     fmt::arg("blocked", each(always_blocked(), "drop") + each(policy.blocked, "drop")));
}

std::string sets(std::string_view family) {
  std::string text = fmt::format("add table {} berth\n", family);
  for (const auto& set : element_sets())
    if (set.family == family)
      text +=
          fmt::format("add {} {} berth {} {{ type {}; }}\n", set.is_map() ? "map" : "set", family, set.name, set.type);
  if (family == "inet")
    for (const auto* list : {&meters(), &user_meters()})
      for (const auto& meter : *list) text += fmt::format("add set inet berth {} {{ {} }}\n", meter.name, meter.form);
  return text;
}

}  // namespace

std::string ruleset(const GuestPolicy& policy) {
  return fmt::format("{}{}flush table bridge berth{}{}{}{}flush table inet berth{}{}{}{}", sets("bridge"),
                     bridge_chains, bridge_rules, arp_chains, sets("inet"), inet_chains, host_rules, forward(policy),
                     fmt::format(meter_rules, policy.connections, policy.user_connections), nat_rules);
}

std::string recount() {
  std::string commands;
  for (const std::string_view set : {"connections", "visits", "user_connections", "user_visits"})
    commands += fmt::format("flush set inet berth {}\n", set);
  return commands;
}

}  // namespace berth
