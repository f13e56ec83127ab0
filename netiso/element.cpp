// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/element.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "core/names.hpp"

namespace berth {
namespace {

const ElementSet& set_named(std::string_view name) {
  return *std::ranges::find(element_sets(), name, &ElementSet::name);
}

/// The name of the interface that an owner of this kind has, whatever else is true of it.
std::string interface_of(const Id& owner, Kind kind) {
  return kind == Kind::network ? names::bridge(UserId(owner)) : names::tap(MachineId(owner));
}

/// 32 random bits of the id, as nft prints a mark.
std::string mark_of(const MachineId& machine) {
  const auto uuid = machine.uuid();
  return std::to_string(std::stoul(uuid.substr(uuid.size() - 8), nullptr, 16));
}

bool is_among(const Element& element, std::span<const Element> others) {
  return std::ranges::find(others, element) != others.end();
}

bool collide(const Element& one, const Element& other) {
  return one.set == other.set && std::ranges::any_of(one.set->unique, [&](std::size_t column) {
           return one.columns[column] == other.columns[column];
         });
}

/// `"a" . "b" : "c" . "d"`, or only the key.
std::string text(const Element& element, bool whole) {
  const auto quoted = [&](std::size_t from, std::size_t to) {
    return fmt::format("\"{}\"", fmt::join(element.columns.begin() + static_cast<std::ptrdiff_t>(from),
                                           element.columns.begin() + static_cast<std::ptrdiff_t>(to), "\" . \""));
  };
  auto line = quoted(0, element.set->keys);
  if (!whole) return line;
  line += fmt::format(" comment \"{}\"", element.owner);
  if (element.columns.size() > element.set->keys) line += " : " + quoted(element.set->keys, element.columns.size());
  return line;
}

/// Takes an address, or a bridge, out of all these meters. nft 1.0.6 deletes only what is there, so it is put in
/// before.
std::string forget(const std::vector<Meter>& from, const std::string& counted) {
  std::string commands;
  for (const auto& meter : from)
    commands += fmt::format("add element inet berth {0} {{ \"{1}\" }}\ndelete element inet berth {0} {{ \"{1}\" }}\n",
                            meter.name, counted);
  return commands;
}

std::string command(std::string_view verb, const Element& element, bool whole) {
  return fmt::format("{} element {} berth {} {{ {} }}\n", verb, element.set->family, element.set->name,
                     text(element, whole));
}

}  // namespace

const std::vector<ElementSet>& element_sets() {
  constexpr auto none = ElementSet::no_column;
  static const std::vector<ElementSet> sets{
      // A machine's port, card and address: what its IPv4 and ARP frames must bear.
      {"bridge", "machines", "ifname . ether_addr . ipv4_addr", 3, Kind::firewall, 0, {0, 1, 2}},
      // A machine's port and card: who may ask for an address.
      {"bridge", "cards", "ifname . ether_addr", 2, Kind::firewall, 0, {0, 1}},
      // A machine's bridge and address, as routing sees it.
      {"inet", "members", "ifname . ipv4_addr", 2, Kind::firewall, none, {1}},
      // The mark of a machine's connections, and which marked connections lead in to it. The kernel tracks a connection
      // for
      // longer than its machine may live; with another mark it does not lead to whoever has the address next.
      {"inet", "marks", "ifname . ipv4_addr : mark", 2, Kind::firewall, none, {1}},
      {"inet", "flows", "ifname . ipv4_addr . mark", 3, Kind::firewall, none, {1}},
      // A port of the host, and the machine's port that it leads to.
      {"inet", "published", "inet_service : ipv4_addr . inet_service", 1, Kind::firewall, none, {0, 1}},
      // A bridge and the host's address on it: where guests find DHCP and DNS.
      {"inet", "gateways", "ifname . ipv4_addr", 2, Kind::network, 0, {0, 1}},
  };
  return sets;
}

const std::vector<Meter>& meters() {
  // A counted address goes when its last connection has ended, one that has a rate when it was quiet for a minute.
  static constexpr std::string_view count = "type ipv4_addr; size 65536; flags dynamic;",
                                    rate = "type ipv4_addr; size 65536; flags dynamic,timeout; timeout 1m;";
  static const std::vector<Meter> all{
      {"connections", count}, {"openings", rate}, {"visits", count}, {"visitors", rate}, {"queries", rate}};
  return all;
}

const std::vector<Meter>& user_meters() {
  static constexpr std::string_view count = "type ifname; size 65536; flags dynamic;";
  static const std::vector<Meter> all{{"user_connections", count}, {"user_visits", count}};
  return all;
}

std::vector<Element> elements_of(const FirewallSpec& spec) {
  const auto owner = spec.machine.str(), tap = names::tap(spec.machine), mac = names::mac(spec.address),
             bridge = names::bridge(spec.user), address = spec.address.str(), mark = mark_of(spec.machine);
  return {{&set_named("machines"), {tap, mac, address}, owner},
          {&set_named("cards"), {tap, mac}, owner},
          {&set_named("members"), {bridge, address}, owner},
          {&set_named("marks"), {bridge, address, mark}, owner},
          {&set_named("flows"), {bridge, address, mark}, owner},
          {&set_named("published"), {std::to_string(spec.ssh_port), address, "22"}, owner}};
}

std::vector<Element> elements_of(const NetworkSpec& spec) {
  return {{&set_named("gateways"), {names::bridge(spec.user), spec.subnet.gateway().str()}, spec.user.str()}};
}

std::vector<Element> owned_by(const Id& owner, Kind kind, std::span<const Element> all) {
  std::vector<Element> owned;
  std::ranges::copy_if(all, std::back_inserter(owned), [&](const Element& element) {
    const auto& set = *element.set;
    const bool bears_name =
        set.interface != ElementSet::no_column && element.columns[set.interface] == interface_of(owner, kind);
    return set.kind == kind && (element.owner == owner.str() || bears_name);
  });
  return owned;
}

std::vector<Element> stale_for(std::span<const Element> wanted, std::span<const Element> all) {
  // Whoever holds something of ours loses all of it: half a machine in the sets would help nobody.
  std::set<std::pair<Kind, std::string_view>> losers;
  for (const auto& want : wanted) {
    losers.emplace(want.set->kind, want.owner);
    for (const auto& element : all)
      if (collide(element, want)) losers.emplace(element.set->kind, element.owner);
  }
  std::vector<Element> stale;
  std::ranges::copy_if(all, std::back_inserter(stale), [&](const Element& element) {
    return losers.contains({element.set->kind, element.owner}) && !is_among(element, wanted);
  });
  return stale;
}

std::vector<Element> without(std::span<const Element> some, std::span<const Element> others) {
  std::vector<Element> rest;
  std::ranges::copy_if(some, std::back_inserter(rest),
                       [&](const Element& element) { return !is_among(element, others); });
  return rest;
}

std::string change_elements(std::span<const Element> gone, std::span<const Element> added) {
  std::string commands;
  for (const auto& element : gone) {
    commands += command("delete", element, false);
    if (element.set->name == "members") commands += forget(meters(), element.columns[1]);
    if (element.set->name == "gateways") commands += forget(user_meters(), element.columns[0]);
  }
  for (const auto& element : added) commands += command("add", element, true);
  return commands;
}

}  // namespace berth
