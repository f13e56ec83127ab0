// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/network_xml.hpp"

#include <fmt/format.h>

#include "core/names.hpp"

namespace berth {
namespace {

// Hosts without a range make dnsmasq's range "static" (libvirt, networkDnsmasqConfContents): cards that are not listed
// get no address. Of names, guests learn what the host's resolver tells the world: no names without a dot and no
// private addresses are asked upstream, and the host's /etc/hosts is not read. The bridge's card has a fixed address,
// so guests that run while a network is made anew keep their gateway.
constexpr std::string_view form = R"(<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <forward mode='open'/>
  <bridge name='{bridge}' stp='off' delay='0'/>
  <mac address='{mac}'/>
  <dns forwardPlainNames='no'/>
  <ip address='{gateway}' prefix='{prefix}'>
    <dhcp>
{hosts}    </dhcp>
  </ip>
  <dnsmasq:options>
    <dnsmasq:option value='no-hosts'/>
    <dnsmasq:option value='bogus-priv'/>
  </dnsmasq:options>
</network>
)";

std::string hosts(const Subnet& subnet) {
  std::string lines;
  for (std::uint32_t n = 0; n < subnet.machines(); ++n) {
    lines += fmt::format("      {}\n", dhcp_host_xml(subnet.machine(n)));
  }
  return lines;
}

}  // namespace

std::string dhcp_host_xml(Ipv4 address) {
  return fmt::format("<host mac='{}' ip='{}'/>", names::mac(address), address.str());
}

std::string network_xml(const NetworkSpec& spec) {
  return fmt::format(form, fmt::arg("name", names::network(spec.user)), fmt::arg("uuid", spec.user.uuid()),
                     fmt::arg("bridge", names::bridge(spec.user)), fmt::arg("mac", names::mac(spec.subnet.gateway())),
                     fmt::arg("gateway", spec.subnet.gateway().str()), fmt::arg("prefix", spec.subnet.prefix()),
                     fmt::arg("hosts", hosts(spec.subnet)));
}

}  // namespace berth
