// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/network_xml.hpp"

#include <catch2/catch.hpp>

using namespace berth;

TEST_CASE("a network's XML names everything by the user and gives every address its card") {
  const auto user = *UserId::parse("01kaf5x0000000000000000aaa");
  CHECK(network_xml({user, *Subnet::parse("10.66.0.8/29")}) ==
        R"(<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>
  <name>berth-01kaf5x0000000000000000aaa</name>
  <uuid>)" + user.uuid() +
            R"(</uuid>
  <forward mode='open'/>
  <bridge name='bb000000000aaa' stp='off' delay='0'/>
  <mac address='02:be:0a:42:00:09'/>
  <dns forwardPlainNames='no'/>
  <ip address='10.66.0.9' prefix='29'>
    <dhcp>
      <host mac='02:be:0a:42:00:0a' ip='10.66.0.10'/>
      <host mac='02:be:0a:42:00:0b' ip='10.66.0.11'/>
      <host mac='02:be:0a:42:00:0c' ip='10.66.0.12'/>
      <host mac='02:be:0a:42:00:0d' ip='10.66.0.13'/>
      <host mac='02:be:0a:42:00:0e' ip='10.66.0.14'/>
    </dhcp>
  </ip>
  <dnsmasq:options>
    <dnsmasq:option value='no-hosts'/>
    <dnsmasq:option value='bogus-priv'/>
  </dnsmasq:options>
</network>
)");
}
