// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/networks.hpp"

#include <array>
#include <set>

#include "core/names.hpp"
#include "libvirt/error.hpp"
#include "netiso/bridge.hpp"
#include "netiso/dnsmasq.hpp"
#include "netiso/network_xml.hpp"

namespace berth {
namespace {

Error failed(const char* what, const std::string& network) {
  return libvirt_error(Code::network_failed, what).with("network", network);
}

/// No network where there is none of that name.
Result<NetworkPtr> find(virConnectPtr connection, const std::string& name) {
  NetworkPtr network(virNetworkLookupByName(connection, name.c_str()));
  if (network != nullptr || libvirt_said(VIR_ERR_NO_NETWORK)) return network;
  return std::unexpected(failed("cannot look for a user's network", name));
}

bool is_ours(virNetworkPtr network, const NetworkSpec& spec) {
  std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
  const VirAllocated<char> bridge(virNetworkGetBridgeName(network));
  return virNetworkGetUUIDString(network, uuid.data()) == 0 && uuid.data() == spec.user.uuid() && bridge != nullptr &&
         bridge.get() == names::bridge(spec.user);
}

/// What libvirt and the kernel have of the network, whoever uses it.
Result<Presence> observe_network(virConnectPtr connection, const NetworkSpec& spec) {
  using enum Presence::State;
  const auto bridge = TRY(Bridge(spec.user).observe(spec.subnet));
  const auto network = TRY(find(connection, names::network(spec.user)));
  if (network == nullptr && bridge.state == absent) return Presence{absent};
  if (network == nullptr) return Presence{damaged, "there is a bridge without its libvirt network"};
  if (virNetworkIsActive(network.get()) != 1) return Presence{damaged, "the libvirt network does not run"};
  if (!is_ours(network.get(), spec)) return Presence{damaged, "the libvirt network has another UUID or bridge"};
  if (bridge.state == absent) return Presence{damaged, "the libvirt network has lost its bridge"};
  return bridge;
}

/// Takes away what libvirt has forgotten of a network, as when it died over it.
Result<void> remove_remains(const UserId& user) {
  const Bridge bridge(user);
  if (!bridge.exists()) return {};
  TRY(end_dnsmasq(names::network(user)));
  return bridge.remove();
}

Result<void> destroy(virConnectPtr connection, const UserId& user) {
  const auto name = names::network(user);
  const auto network = TRY(find(connection, name));
  if (network == nullptr) return remove_remains(user);
  if (virNetworkIsActive(network.get()) == 1 && virNetworkDestroy(network.get()) != 0)
    return std::unexpected(failed("cannot stop a user's network", name));
  // Ours are transient; one that somebody made persistent would stay defined.
  const auto defined = TRY(find(connection, name));
  if (defined != nullptr && virNetworkUndefine(defined.get()) != 0)
    return std::unexpected(failed("cannot remove a user's network", name));
  return remove_remains(user);
}

Result<void> create(virConnectPtr connection, const NetworkSpec& spec) {
  const auto made = [&] { return NetworkPtr(virNetworkCreateXML(connection, network_xml(spec).c_str())) != nullptr; };
  if (made()) return {};
  // A dnsmasq that libvirt has forgotten may have the address still.
  TRY(end_dnsmasq(names::network(spec.user)));
  if (made()) return {};
  auto error = failed("cannot make a user's network", names::network(spec.user));
  return std::unexpected(std::move(error).with("subnet", spec.subnet.str()));
}

/// libvirt starts dnsmasq again when it is to tell it of a change, be it none, and finds it dead (networkUpdate,
/// libvirt 9.0).
Result<void> restart_dnsmasq(virConnectPtr connection, const NetworkSpec& spec) {
  const auto network = TRY(find(connection, names::network(spec.user)));
  if (network != nullptr &&
      virNetworkUpdate(network.get(), VIR_NETWORK_UPDATE_COMMAND_MODIFY, VIR_NETWORK_SECTION_IP_DHCP_HOST, -1,
                       dhcp_host_xml(spec.subnet.machine(0)).c_str(), VIR_NETWORK_UPDATE_AFFECT_LIVE) == 0)
    return {};
  return std::unexpected(failed("cannot start DHCP and DNS of a user's network", names::network(spec.user)));
}

Result<void> make(virConnectPtr connection, const NetworkSpec& spec) {
  const Bridge bridge(spec.user);
  if (bridge.exists()) TRY(bridge.harden());
  const auto now = TRY(observe_network(connection, spec));
  if (now.state == Presence::State::damaged) TRY(destroy(connection, spec.user));
  if (now.state != Presence::State::present) TRY(create(connection, spec));
  TRY(bridge.harden());
  if (dnsmasq_listens(spec.subnet.gateway())) return {};
  TRY(restart_dnsmasq(connection, spec));
  if (dnsmasq_listens(spec.subnet.gateway())) return {};
  return std::unexpected(Error{Code::network_failed,
                               "DHCP and DNS of a user's network did not come back",
                               {{"network", names::network(spec.user)}}});
}

/// The taps that should be the bridge's ports and are not, as after the bridge was made anew. libvirt sets a new tap up
/// when it has put it on the bridge (virNetDevTapCreateInBridgePort); one that is not up is still in its hands.
Result<std::vector<Link>> stranded(KernelRules& rules, const UserId& user) {
  const auto bridge = names::bridge(user);
  std::vector<Link> taps;
  for (const auto& machine : TRY(rules.machines_on(bridge)))
    if (Link tap(names::tap(machine)); tap.is_up() && tap.bridge() != bridge) taps.push_back(std::move(tap));
  return taps;
}

/// Whether a network that is there serves those who should use it.
Result<Presence> observe_use(KernelRules& rules, const NetworkSpec& spec) {
  using enum Presence::State;
  if (!dnsmasq_listens(spec.subnet.gateway())) return Presence{damaged, "nobody serves DHCP and DNS on the bridge"};
  const auto taps = TRY(stranded(rules, spec.user));
  if (!taps.empty()) return Presence{damaged, "a running machine is not connected to the bridge: " + taps[0].name()};
  return Presence{present};
}

}  // namespace

Result<Presence> Networks::observe(const Spec& any) {
  using enum Presence::State;
  const auto& spec = std::get<NetworkSpec>(any);
  const auto connection = TRY(libvirt_());
  auto network = TRY(observe_network(connection.get(), spec));
  if (network.state == present) network = TRY(observe_use(rules_, spec));
  auto rules = TRY(rules_.observe(elements_of(spec)));
  if (network.state == rules.state && network.state != damaged) return network;
  if (network.state == damaged) return network;
  return Presence{damaged, rules.state == damaged  ? rules.detail
                           : rules.state == absent ? "the firewall lets no guest use DHCP and DNS"
                                                   : "the firewall knows a network that is not there"};
}

Result<void> Networks::apply(const Spec& any) {
  const auto& spec = std::get<NetworkSpec>(any);
  TRY(bounds_.check(spec));
  if (spec.subnet.prefix() < shortest_prefix)
    return std::unexpected(Error{Code::invalid_field,
                                 "a user's subnet has a prefix of 22 or longer",
                                 {{"field", "subnet"}, {"value", spec.subnet.str()}}});
  const auto connection = TRY(libvirt_());
  const auto turn = TRY(turns_.take(spec.user));
  TRY(rules_.put(elements_of(spec)));
  TRY(make(connection.get(), spec));
  // The rules stand, and let no more pass than before.
  for (const auto& tap : TRY(stranded(rules_, spec.user)))
    if (auto attached = tap.attach_to(names::bridge(spec.user)); !attached && tap.exists()) return attached;
  return {};
}

Result<void> Networks::remove(const Id& user) {
  const auto connection = libvirt_();
  const auto turn = TRY(turns_.take(user));
  auto destroyed =
      connection ? destroy(connection->get(), UserId(user)) : Result<void>(std::unexpected(connection.error()));
  auto forgotten = rules_.remove(user, Kind::network);
  if (destroyed) return forgotten;
  if (!forgotten) return std::unexpected(std::move(destroyed).error().with("firewall", describe(forgotten.error())));
  return destroyed;
}

Result<std::vector<Id>> Networks::list() {
  const auto connection = TRY(libvirt_());
  virNetworkPtr* raw = nullptr;
  const int count = virConnectListAllNetworks(connection.get(), &raw, 0);
  if (count < 0) return std::unexpected(failed("cannot list networks", "all"));
  const VirAllocated<virNetworkPtr> array(raw);
  std::set<Id> users;
  for (int i = 0; i < count; ++i) {
    const NetworkPtr network(raw[i]);
    if (auto user = names::from_libvirt(virNetworkGetName(network.get()))) users.insert(*user);
  }
  for (const auto& user : TRY(rules_.owners(Kind::network))) users.insert(user);
  for (const auto& user : Bridge::owners()) users.insert(user);
  return std::vector<Id>(users.begin(), users.end());
}

}  // namespace berth
