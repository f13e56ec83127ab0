// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "core/spec.hpp"

namespace berth {

/// libvirt's description of a user's network: a bridge with DHCP and DNS by dnsmasq, and no rules of libvirt's own
/// (forward mode "open").
std::string network_xml(const NetworkSpec& spec);
/// The part of it that gives a machine's card its address.
std::string dhcp_host_xml(Ipv4 address);

}  // namespace berth
