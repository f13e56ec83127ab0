"""The firewall's rules, packet by packet: what a guest may send and what it may not. Every refusal has a control that shows
that the same packet would arrive. Needs root, and no box.

usage: firewall_test.py PROGRAM [--without-each | unittest's arguments]
PROGRAM is host-netiso, which holds the real drivers. --without-each takes each rule away in turn and tells whether a test
notices. Three are not missed: the kernel itself routes nothing to 127/8 and 224/4, and the last "accept" of guest_to_world
says what the chain's policy says.
"""
import contextlib
import io
import itertools
import json
import os
import socket
import sys
import threading
import time
import unittest

import frames
from firewall_world import GATEWAY_OF_THE_HOST, HOST, INTERNET, METADATA, PATIENCE, PRIVATE, World, connected

SKIPPED = 77  # what ctest takes for a skip
PROGRAM = None
WITHOUT = None  # the rule to do without: (family, chain, text)


def take_rule_away(world, family, chain, text):
    for line in world.host.run("nft", "-a", "list", "chain", family, "berth", chain).splitlines():
        rule, _, handle = line.strip().partition(" # handle ")
        if rule == text:
            world.nft(f"delete rule {family} berth {chain} handle {handle}")
            return
    raise RuntimeError(f"there is no rule {text!r} in {family} {chain}")


class FirewallTest(unittest.TestCase):
    bridge_netfilter = 0
    connections, of_a_user = 4096, 32768

    @classmethod
    def setUpClass(cls):
        cls.world = World(PROGRAM, cls.bridge_netfilter, cls.connections, cls.of_a_user)
        cls.addClassCleanup(cls.world.remove)
        cls.a1, cls.a2, cls.b1 = cls.world.a1, cls.world.a2, cls.world.b1
        cls.host = cls.world.host
        if WITHOUT:
            take_rule_away(cls.world, *WITHOUT)

    @contextlib.contextmanager
    def element(self, family, name, element):
        """A control: the element that would let a packet pass."""
        self.world.nft(f"add element {family} berth {name} {{ {element} }}")
        try:
            yield
        finally:
            self.world.nft(f"delete element {family} berth {name} {{ {element} }}")

    def arrivals(self, make, guest=None, **more):
        return self.world.arrivals(guest or self.a1, make, **more)


class Frames(FirewallTest):
    """What enters a bridge from a tap."""

    def test_own_frames_pass(self):
        self.assertEqual(self.arrivals(lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t))), {"sibling", "host"})
        self.assertEqual(self.arrivals(lambda t: self.a1.ether(frames.ARP, self.a1.arp(t))), {"sibling", "host"})
        self.assertEqual(self.arrivals(lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t, self.a2.address), self.a2.mac)),
                         {"sibling"})
        multicast = lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t, "239.1.2.3"), "01:00:5e:01:02:03")
        self.assertIn("sibling", self.arrivals(multicast))

    def test_fragments_pass(self):
        rest = lambda t: frames.ipv4(self.a1.address, self.a2.address, socket.IPPROTO_UDP, t, fragment=8)
        if not self.bridge_netfilter:  # which puts fragments together first
            self.assertEqual(self.arrivals(lambda t: self.a1.ether(frames.IPV4, rest(t), self.a2.mac)), {"sibling"})

    def test_a_spoofed_card_is_dropped(self):
        for stolen in (self.a2.mac, self.world.mac_of_the_host, "02:be:00:00:00:07"):
            spoofed = lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t), source=stolen)
            self.assertEqual(self.arrivals(spoofed), set())
        with self.element("bridge", "machines", f'"{self.a1.tap}" . {stolen} . {self.a1.address}'):
            self.assertEqual(self.arrivals(spoofed), {"sibling", "host"})

    def test_a_spoofed_address_is_dropped(self):
        for stolen in (self.a2.address, self.b1.address, self.a1.gateway, HOST, "198.51.100.7", "127.0.0.1", "0.0.0.0"):
            spoofed = lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t, source=stolen))
            self.assertEqual(self.arrivals(spoofed), set(), stolen)
        with self.element("bridge", "machines", f'"{self.a1.tap}" . {self.a1.mac} . {stolen}'):
            self.assertIn("host", self.arrivals(spoofed))

    def test_a_spoofed_arp_is_dropped(self):
        spoofs = {
            "address": lambda t: self.a1.ether(frames.ARP, self.a1.arp(t, source=self.a1.gateway)),
            "sibling's address": lambda t: self.a1.ether(frames.ARP, self.a1.arp(t, source=self.a2.address)),
            "probe": lambda t: self.a1.ether(frames.ARP, self.a1.arp(t, source="0.0.0.0")),
            "answer": lambda t: self.a1.ether(frames.ARP, self.a1.arp(t, source=self.a1.gateway, operation=2)),
            "card inside": lambda t: self.a1.ether(frames.ARP, self.a1.arp(t, source_mac=self.a2.mac)),
            "card outside": lambda t: self.a1.ether(frames.ARP, self.a1.arp(t), source=self.a2.mac),
            "both cards": lambda t: self.a1.ether(frames.ARP, self.a1.arp(t, source_mac=self.a2.mac), source=self.a2.mac),
        }
        for what, make in spoofs.items():
            with self.subTest(what):
                self.assertEqual(self.arrivals(make), set())
        with self.element("bridge", "machines", f'"{self.a1.tap}" . {self.a1.mac} . {self.a1.gateway}'):
            self.assertEqual(self.arrivals(spoofs["address"]), {"sibling", "host"})

    def test_malformed_arp_is_dropped(self):
        own = self.a1.arp(b"")
        for at, value in ((0, b"\0\6"), (2, b"\x86\xdd"), (4, b"\7"), (5, b"\x10")):
            wrong = lambda t: self.a1.ether(frames.ARP, own[:at] + value + own[at + len(value):] + t)
            self.assertEqual(self.arrivals(wrong), set())

    def test_ipv6_is_dropped(self):
        advertisement = lambda t: self.a1.ether(frames.IPV6, frames.router_advertisement(t), "33:33:00:00:00:01")
        self.assertEqual(self.arrivals(advertisement), set())

    def test_other_protocols_are_dropped(self):
        for kind in (0x88CC, 0x8863, 0x8864, 0x888E, 0x0842, 0x9000, 0x0026, 0x22F0):
            self.assertEqual(self.arrivals(lambda t: self.a1.ether(kind, bytes(48) + t)), set(), hex(kind))

    def payloads(self):
        return {
            "IPv4": (frames.IPV4, lambda t: self.a1.udp(t), frames.BROADCAST),
            "ARP": (frames.ARP, lambda t: self.a1.arp(t), frames.BROADCAST),
            "spoofed ARP": (frames.ARP, lambda t: self.a1.arp(t, source=self.a1.gateway, operation=2), frames.BROADCAST),
            "RA": (frames.IPV6, frames.router_advertisement, "33:33:00:00:00:01"),
        }

    def test_tagged_frames_are_dropped(self):
        single = [((kind, vlan),) for kind in (frames.VLAN, frames.QINQ) for vlan in (0, 1, 5, 0xE000)]
        double = [(outer, inner) for (outer,), (inner,) in itertools.product(single, single)]
        for tags in single + double:
            for what, (kind, payload, target) in self.payloads().items():
                with self.subTest(tags=tags, what=what):
                    tagged = lambda t: self.a1.ether(kind, payload(t), target, tags=tags)
                    self.assertEqual(self.arrivals(tagged), set())

    def test_a_tap_that_nobody_knows_is_shut(self):
        stranger = self.world.stranger
        for what, make in {
            "IPv4": lambda t: stranger.ether(frames.IPV4, stranger.udp(t)),
            "ARP": lambda t: stranger.ether(frames.ARP, stranger.arp(t)),
            "DHCP": lambda t: stranger.ether(frames.IPV4, stranger.udp(t, source="0.0.0.0", ports=(68, 67))),
            "a sibling's": lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t)),
        }.items():
            with self.subTest(what):
                self.assertEqual(self.arrivals(make, guest=stranger), set())

    def test_dhcp_requests_pass(self):
        request = lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t, source="0.0.0.0", ports=(68, 67)))
        self.assertIn("host", self.arrivals(request))

    def test_dhcp_requests_of_a_foreign_card_are_dropped(self):
        for card in (self.a2.mac, "02:be:00:00:00:08"):
            request = lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t, source="0.0.0.0", ports=(68, 67)), source=card)
            self.assertEqual(self.arrivals(request), set())
        with self.element("bridge", "cards", f'"{self.a1.tap}" . {card}'):
            self.assertIn("host", self.arrivals(request))

    def test_without_an_address_there_is_nothing_but_dhcp(self):
        for target, ports in (("255.255.255.255", (68, 53)), ("255.255.255.255", (5000, 67)), (self.a1.gateway, (68, 67))):
            self.assertEqual(self.arrivals(lambda t: self.a1.ether(
                frames.IPV4, self.a1.udp(t, target, source="0.0.0.0", ports=ports))), set())

    def test_guests_are_no_dhcp_servers(self):
        for source, target in ((None, "255.255.255.255"), (None, self.a2.address), ("0.0.0.0", "255.255.255.255")):
            answer = lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t, target, source=source, ports=(67, 68)))
            self.assertEqual(self.arrivals(answer), set())

    def test_group_addresses_lead_nowhere(self):
        """Frames to 01:80:c2:00:00:0x go around prerouting, to the host, as the tap's own packets."""
        service = self.host.bound(socket.SOCK_DGRAM, "0.0.0.0", 5001)
        for last in range(16):
            group = f"01:80:c2:00:00:{last:02x}"
            with self.subTest(group):
                self.arrivals(lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t, HOST), group))
                self.arrivals(lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t, HOST, source=self.a2.address), group))
                self.arrivals(lambda t: self.a1.ether(frames.ARP, self.a1.arp(t, HOST), group))
        service.setblocking(False)
        self.assertRaises(BlockingIOError, service.recv, 1)
        answers = [frame for frame in self.a1.wire.arrived() if frame[12:14] == b"\x08\x06" and frames.ip(HOST) in frame]
        self.assertEqual(answers, [], "the host answers ARP requests on the tap")
        service.close()


class FramesUnderBridgeNetfilter(Frames):
    """The same where the host's bridges hand their frames to the inet family too."""
    bridge_netfilter = 1


class Packets(FirewallTest):
    """What the host routes or takes."""

    def peer_of(self, client, server, address, port):
        """Who the server sees when the client connects."""
        outgoing, incoming = connected(client, server, address, port)
        with outgoing, incoming:
            return incoming.getpeername()[0]

    def test_the_internet_is_reached_under_the_hosts_address(self):
        for address in INTERNET:
            self.assertEqual(self.peer_of(self.a1, self.world.server, address, 80), HOST)

    def test_private_networks_and_metadata_are_not_reached(self):
        targets = {(address, 80) for address in PRIVATE}
        self.assertEqual(self.host.opened(*targets), targets, "the control failed")
        self.assertEqual(self.a1.opened(*targets), set())
        for address in PRIVATE:
            packet = lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t, address), self.world.mac_of_the_host)
            self.assertNotIn("world", self.arrivals(packet), address)

    def test_reserved_ranges_are_not_reached(self):
        for address in ("0.1.2.3", "127.0.0.1", "224.0.0.5", "239.1.2.3", "240.0.0.1", "192.0.0.8"):
            packet = lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t, address), self.world.mac_of_the_host)
            self.assertNotIn("world", self.arrivals(packet), address)

    def test_a_spoofed_address_is_not_routed(self):
        """Also when the bridge's rules would let it in."""
        for stolen in (self.b1.address, "198.51.100.7"):
            packet = lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t, INTERNET[1], source=stolen), self.world.mac_of_the_host)
            with self.element("bridge", "machines", f'"{self.a1.tap}" . {self.a1.mac} . {stolen}'):
                self.assertEqual(self.arrivals(packet), {"host"})
                with self.element("inet", "members", f'"{self.a1.bridge}" . {stolen}'):
                    self.assertIn("world", self.arrivals(packet))

    def services(self, *ports):
        """Services of the host on every address."""
        stack = contextlib.ExitStack()
        for port in ports:
            stack.enter_context(self.host.bound(socket.SOCK_STREAM, "0.0.0.0", port))
        return stack

    def test_the_hosts_services_are_not_reached(self):
        ports = (22, 80, 53, 8080)
        targets = set(itertools.product((HOST, self.a1.gateway, self.b1.gateway), ports))
        with self.services(*ports):
            self.assertEqual(self.host.opened(*targets), targets, "the control failed")
            self.assertEqual(self.a1.opened(*targets), {(self.a1.gateway, 53)})

    def reaches_the_host(self, port, packet):
        """Whether a UDP packet gets to a service of the host's."""
        with self.host.bound(socket.SOCK_DGRAM, "0.0.0.0", port) as service:
            self.arrivals(packet)
            service.setblocking(False)
            try:
                return bool(service.recv(2048))
            except BlockingIOError:
                return False

    def test_dns_and_dhcp_of_the_own_bridge_are_reached(self):
        host = self.world.mac_of_the_host
        to = lambda target, *ports, **more: lambda t: self.a1.ether(
            frames.IPV4, self.a1.udp(t, target, ports=ports, **more), host if target != "255.255.255.255" else frames.BROADCAST)
        self.assertTrue(self.reaches_the_host(53, to(self.a1.gateway, 5000, 53)))
        self.assertTrue(self.reaches_the_host(67, to(self.a1.gateway, 68, 67)))
        self.assertTrue(self.reaches_the_host(67, to("255.255.255.255", 68, 67)))
        self.assertTrue(self.reaches_the_host(67, to("255.255.255.255", 68, 67, source="0.0.0.0")))
        for address in (self.b1.gateway, HOST):
            self.assertFalse(self.reaches_the_host(53, to(address, 5000, 53)), address)
            self.assertFalse(self.reaches_the_host(67, to(address, 68, 67)), address)
        for port in (123, 5353, 68):
            self.assertFalse(self.reaches_the_host(port, to(self.a1.gateway, 5000, port)))
            self.assertFalse(self.reaches_the_host(port, to("255.255.255.255", 5000, port)))

    def test_a_spoofed_address_gets_no_answer_from_the_host(self):
        packet = lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t, self.a1.gateway, self.b1.address, (5000, 53)),
                                         self.world.mac_of_the_host)
        with self.element("bridge", "machines", f'"{self.a1.tap}" . {self.a1.mac} . {self.b1.address}'):
            self.assertFalse(self.reaches_the_host(53, packet))
            with self.element("inet", "members", f'"{self.a1.bridge}" . {self.b1.address}'):
                self.assertTrue(self.reaches_the_host(53, packet))

    def test_the_host_is_not_pinged_by_guests_and_pings_them(self):
        for address in (self.a1.gateway, HOST, self.b1.gateway):
            data = frames.token()
            self.a1.wire.arrived()
            self.arrivals(lambda t: self.a1.ether(frames.IPV4, frames.echo_request(self.a1.address, address, data),
                                                  self.world.mac_of_the_host))
            self.assertFalse([frame for frame in self.a1.wire.arrived() if data in frame], address)
        self.host.run("ping", "-c", "1", "-W", "2", self.a1.address)

    def test_the_host_reaches_its_guests(self):
        for guest in (self.a1, self.b1):
            self.assertTrue(self.host.opens(guest.address, 22))

    def test_a_users_machines_talk(self):
        self.assertTrue(self.a1.opens(self.a2.address, 22))
        self.assertTrue(self.a2.opens(self.a1.address, 80))

    def test_other_users_machines_are_not_reached(self):
        self.assertFalse(self.a1.opens(self.b1.address, 22))
        self.assertFalse(self.b1.opens(self.a2.address, 22))
        for target in (self.b1.address, "198.51.101.63"):
            packet = lambda t: self.a1.ether(frames.IPV4, self.a1.udp(t, target), self.world.mac_of_the_host)
            self.assertNotIn("other user", self.arrivals(packet))

    def test_a_published_port_leads_in_from_outside(self):
        outside = self.world.world
        self.assertEqual(self.peer_of(outside, self.a1.ssh, HOST, self.a1.ssh_port), GATEWAY_OF_THE_HOST)
        self.assertEqual(self.peer_of(self.host, self.b1.ssh, HOST, self.b1.ssh_port), HOST)
        self.assertFalse(outside.opens(HOST, self.world.stranger.ssh_port))

    def test_a_published_port_answers_a_client_with_a_private_address(self):
        with self.world.world.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
            client.settimeout(PATIENCE)
            client.bind(("192.168.77.1", 0))
            client.connect((HOST, self.a1.ssh_port))

    def test_a_published_port_does_not_lead_in_from_guests(self):
        targets = set(itertools.product((HOST, self.a1.gateway, self.b1.gateway),
                                        (guest.ssh_port for guest in (self.a1, self.a2, self.b1))))
        for guest in (self.a1, self.b1):
            self.assertEqual(guest.opened(*targets), set(), guest.name)

    def test_nothing_else_leads_in_from_outside(self):
        targets = set(itertools.product((self.a1.address, self.b1.address), (22, 80)))
        self.assertEqual(self.host.opened(*targets), targets, "the control failed")
        self.assertEqual(self.world.world.opened(*targets), set())

    def test_only_ssh_is_published(self):
        for entry in (f'23999 : {self.a1.address} . 80', f'23999 : {self.world.stranger.address} . 22'):
            with self.element("inet", "published", entry):
                self.assertFalse(self.world.world.opens(HOST, 23999))

    def test_the_host_sends_nothing_past_the_bridge(self):
        """A tap has addresses of its own when nobody forbids it; what it says would tell guests of the host."""
        with self.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self.a1.tap.encode())
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            data = frames.token()
            with contextlib.suppress(OSError):
                sender.sendto(data, ("255.255.255.255", 9))
        self.world.pass_fences({place: [] for place in self.world.wires})
        self.assertFalse([frame for frame in self.a1.wire.arrived() if data in frame])

    @contextlib.contextmanager
    def ipv6_on(self, namespace, *interfaces):
        for interface in interfaces:
            setting = f"net.ipv6.conf.{interface}."
            namespace.run("sysctl", "-qw", setting + "accept_dad=0", setting + "disable_ipv6=0")
        try:
            yield
        finally:
            for interface in interfaces:
                namespace.run("sysctl", "-qw", f"net.ipv6.conf.{interface}.disable_ipv6=1")

    @contextlib.contextmanager
    def ipv6_into_the_bridge(self):
        """As if the bridge's rules let it in."""
        self.world.nft("insert rule bridge berth prerouting ether type ip6 accept")
        try:
            yield
        finally:
            take_rule_away(self.world, "bridge", "prerouting", "ether type ip6 accept")

    def test_the_host_takes_no_ipv6(self):
        with (self.ipv6_into_the_bridge(), self.ipv6_on(self.host, self.a1.bridge),
              self.host.socket(socket.AF_INET6, socket.SOCK_DGRAM) as service):
            service.bind(("::", 5001))
            packet = lambda t: self.a1.ether(frames.IPV6, frames.udp6(t, 5001), "33:33:00:00:00:01")
            if not self.bridge_netfilter:  # which drops it on the bridge already
                self.assertIn("host", self.arrivals(packet), "the control failed")
            self.arrivals(packet)
            service.setblocking(False)
            self.assertRaises(BlockingIOError, service.recv, 64)

    def test_the_host_routes_no_ipv6(self):
        with self.ipv6_into_the_bridge(), self.ipv6_on(self.host, self.a1.bridge, "up0"):
            self.host.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1", f"net.ipv6.conf.{self.a1.bridge}.forwarding=1")
            self.host.ip("addr", "add", "2001:db8::1/64", "dev", "up0", "nodad")
            self.host.ip("neigh", "replace", "2001:db8::2", "lladdr", "02:00:00:00:00:02", "dev", "up0")
            packet = lambda t: self.a1.ether(frames.IPV6, frames.udp6(t, 5001, source="2001:db8:1::2", target="2001:db8::2"),
                                             self.world.mac_of_the_host)
            self.assertNotIn("world", self.arrivals(packet))
            self.host.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=0")

    def test_the_host_sends_no_ipv6(self):
        with (self.ipv6_on(self.host, self.a1.bridge),
              self.host.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender):
            bridge = json.loads(self.host.ip("-j", "link", "show", self.a1.bridge))[0]["ifindex"]
            self.assertRaises(PermissionError, sender.sendto, b"hello", ("ff02::1", 9, 0, bridge))

    def test_what_belongs_to_no_connection_does_not_leave(self):
        """It would leave with the guest's own address, which only connections get changed."""
        packet = lambda t: self.a1.ether(frames.IPV4, frames.tcp(self.a1.address, INTERNET[0], 5000, 80, 0x07, t),
                                         self.world.mac_of_the_host)
        self.assertEqual(self.arrivals(packet), {"host"})


class PacketsUnderBridgeNetfilter(Packets):
    bridge_netfilter = 1


class MeterTest(FirewallTest):
    def udp_peers(self, guest, ports, address=INTERNET[0], to=7000):
        """Sends one packet from each port of a guest; those that come, as the peers that the other end sees."""
        server = self.world.world if address in INTERNET else self.host
        with server.bound(socket.SOCK_DGRAM, address, to) as receiver:
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
            for port in ports:
                guest.wire.send(guest.ether(frames.IPV4, guest.udp(b"", address, ports=(port, to)),
                                            self.world.mac_of_the_host))
            peers = []
            with contextlib.suppress(TimeoutError):
                while True:
                    peers.append(receiver.recvfrom(64)[1])
            return peers

    def forget(self):
        """Ends all connections, and all that the meters know."""
        for name in ("connections", "openings", "visits", "visitors", "queries", "user_connections", "user_visits"):
            self.world.nft(f"flush set inet berth {name}")

    def logins(self, guests, expected):
        """How many connections to SSH each guest has, when as many as expected have come and more have had their time."""
        def now():
            return [guest.run("ss", "-Htn", "state", "established", "sport", "=", ":22").count("\n") for guest in guests]
        end = time.monotonic() + 5
        while now() != expected and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(PATIENCE)
        return now()

    def setUp(self):
        self.forget()


class Connections(MeterTest):
    """One guest cannot fill the host's table of connections, and one that tries harms nobody else."""
    connections = 20

    def test_a_guest_holds_so_many_and_no_more(self):
        self.assertEqual(len(self.udp_peers(self.a1, range(10_000, 10_200))), self.connections)
        self.assertFalse(self.a1.opens(INTERNET[0], 80))
        self.assertEqual(self.udp_peers(self.a1, [9000], self.a1.gateway, 53), [])
        self.assertEqual(len(self.udp_peers(self.a1, range(10_000, 10_200))), self.connections, "what stands goes on")
        for other in (self.a2, self.b1):
            self.assertTrue(other.opens(INTERNET[0], 80), other.name)
            self.assertEqual(len(self.udp_peers(other, [9000], other.gateway, 53)), 1)
        self.assertTrue(self.world.world.opens(HOST, self.a1.ssh_port), "its user comes in all the same")

    def test_others_hold_so_many_to_a_guest_and_no_more(self):
        targets = [(HOST, self.b1.ssh_port)]
        with contextlib.ExitStack() as held:
            for _ in range(3 * self.connections):
                client = held.enter_context(self.world.world.socket(socket.AF_INET, socket.SOCK_STREAM))
                client.setblocking(False)
                client.connect_ex(targets[0])
                held.callback(client.close)
            self.assertEqual(self.logins([self.b1], [self.connections]), [self.connections])
            self.assertTrue(self.b1.opens(INTERNET[0], 80), "the guest itself goes on")
            self.assertTrue(self.world.world.opens(HOST, self.a2.ssh_port))

    def test_what_the_meters_know_of_a_machine_goes_with_it(self):
        self.udp_peers(self.a2, range(11_000, 11_200))
        self.assertFalse(self.a2.opens(INTERNET[0], 80), "the control failed")
        self.world.driver("remove", "firewall", self.a2.machine)
        for name in ("connections", "openings"):
            self.assertNotIn(self.a2.address, self.host.run("nft", "list", "set", "inet", "berth", name))
        self.world.driver("apply", "firewall", self.a2.spec)
        self.assertTrue(self.a2.opens(INTERNET[0], 80))


class UserConnections(MeterTest):
    """All machines of one user together cannot fill the host's table of connections."""
    connections, of_a_user = 20, 30

    def test_a_user_holds_so_many_and_no_more(self):
        self.assertEqual(len(self.udp_peers(self.a1, range(10_000, 10_100))), 20)
        self.assertEqual(len(self.udp_peers(self.a2, range(10_000, 10_100))), 10)
        self.assertFalse(self.a2.opens(INTERNET[0], 80))
        self.assertTrue(self.b1.opens(INTERNET[0], 80))

    def test_others_hold_so_many_to_a_user_and_no_more(self):
        with contextlib.ExitStack() as held:
            for guest in (self.a1, self.a2):
                for _ in range(2 * self.connections):
                    client = held.enter_context(self.world.world.socket(socket.AF_INET, socket.SOCK_STREAM))
                    client.setblocking(False)
                    client.connect_ex((HOST, guest.ssh_port))
            self.assertEqual(self.logins([self.a1, self.a2], [20, 10]), [20, 10])
            self.assertTrue(self.world.world.opens(HOST, self.b1.ssh_port))


    def test_what_the_meters_know_of_a_user_goes_with_the_network(self):
        bridge = self.a1.bridge
        self.assertTrue(self.a1.opens(INTERNET[0], 80))
        self.assertIn(bridge, self.host.run("nft", "list", "set", "inet", "berth", "user_connections"), "the control failed")
        self.world.driver("remove", "gateway", self.a1.user)
        for name in ("user_connections", "user_visits"):
            self.assertNotIn(bridge, self.host.run("nft", "list", "set", "inet", "berth", name))
        self.world.driver("apply", "gateway", {"user": self.a1.user, "subnet": self.world.alice["subnet"]})


class OtherLimit(MeterTest):
    connections = 20

    def test_a_changed_limit_holds_for_machines_that_are_counted_already(self):
        self.assertEqual(len(self.udp_peers(self.a1, range(10_000, 10_100))), self.connections)
        self.world.restart(self.connections)
        self.assertEqual(self.udp_peers(self.a1, range(11_000, 11_100)), [], "the same limit, and what was counted")
        self.world.restart(2 * self.connections)
        self.assertEqual(len(self.udp_peers(self.a1, range(12_000, 12_100))), 2 * self.connections)


class ConnectionRates(MeterTest):
    """How fast a guest opens connections is bounded too."""
    connections, of_a_user = 50_000, 50_000

    def test_a_guest_opens_so_many_a_second_and_no_more(self):
        begun = time.monotonic()
        came = len(self.udp_peers(self.a1, range(10_000, 18_000)))
        self.assertLessEqual(came, 1024 + 512 * (time.monotonic() - begun) + 1)
        self.assertGreaterEqual(came, 1024)
        self.assertTrue(self.b1.opens(INTERNET[0], 80))

    def test_one_call_may_be_repeated(self):
        self.assertEqual(self.calls_that_come([9000] * 3000), 3000)

    def test_a_guest_asks_the_hosts_resolver_at_a_bounded_rate(self):
        """Also in one flow, which stands: each question may make the resolver open a connection of the host's."""
        begun = time.monotonic()
        came = len(self.udp_peers(self.b1, [12_000] * 3000, self.b1.gateway, 53))
        self.assertLessEqual(came, 256 + 128 * (time.monotonic() - begun) + 1)
        self.assertGreaterEqual(came, 256)

    def test_a_flow_of_one_way_is_not_slowed(self):
        self.assertEqual(len(self.udp_peers(self.a2, [13_000] * 3000)), 3000)

    def calls_that_come(self, ports):
        """SYN packets alone, from ports of the gateway's to the guest's SSH; the guest sees those that come."""
        self.host.run("sysctl", "-qw", "net.netfilter.nf_conntrack_checksum=0")  # frames.tcp has none that is right
        uplink = json.loads(self.host.ip("-j", "link", "show", "up0"))[0]["address"]
        self.b1.wire.arrived()
        for port in ports:
            self.world.wires["world"].send(frames.ether("02:00:00:00:00:02", uplink, frames.IPV4, frames.tcp(
                GATEWAY_OF_THE_HOST, HOST, port, self.b1.ssh_port, 0x02, b"")))
        time.sleep(PATIENCE)
        return sum(frame[23] == socket.IPPROTO_TCP and frame[12:14] == b"\x08\x00" for frame in self.b1.wire.arrived())

    def test_others_open_so_many_a_second_to_a_guest_and_no_more(self):
        begun = time.monotonic()
        came = self.calls_that_come(range(10_000, 14_000))
        self.assertLessEqual(came, 1024 + 512 * (time.monotonic() - begun) + 1)
        self.assertGreaterEqual(came, 1024)


class Changes(FirewallTest):
    """The rules and their elements while they change."""

    def spoofed(self, data):
        return self.a1.ether(frames.IPV4, self.a1.udp(data, source=self.a2.address))

    def routed(self, data):
        return self.a1.ether(frames.IPV4, self.a1.udp(data, METADATA), self.world.mac_of_the_host)

    def test_a_reload_lets_nothing_pass(self):
        """A flood of forbidden packets while the rules are replaced 200 times."""
        data, sent, stop = frames.token(), [0], threading.Event()
        forbidden = (self.spoofed(data), self.routed(data))

        def flood():
            while not stop.is_set():
                for frame in forbidden:
                    self.a1.wire.send(frame)
                sent[0] += len(forbidden)

        for wire in self.world.wires.values():
            wire.arrived()
        flooding = threading.Thread(target=flood)
        flooding.start()
        places = {}
        try:
            for _ in range(200):
                self.world.driver("load")
                for place, wire in self.world.wires.items():
                    found = [frame for frame in wire.arrived() if data in frame]
                    places[place] = places.get(place, 0) + len(found)
        finally:
            stop.set()
            flooding.join()
        # Metadata packets come up to the host's bridge, where routing drops them.
        self.assertEqual((places["sibling"], places["other user"], places["world"]), (0, 0, 0))
        self.assertGreater(places["host"], 0, "the flood did not flow")
        self.assertGreater(sent[0], 10_000, "the flood did not flow")
        self.assertEqual(self.world.driver("observe", "firewall", self.a1.spec), "present")

    def test_a_machine_that_is_removed_is_shut_off(self):
        self.world.driver("remove", "firewall", self.a1.machine)
        try:
            self.assertEqual(self.world.driver("observe", "firewall", self.a1.spec), "absent")
            self.a1.wire.send(self.a1.ether(frames.IPV4, self.a1.udp(data := frames.token())))
            self.assertFalse(self.world.world.opens(HOST, self.a1.ssh_port))
            self.assertFalse([frame for frame in self.a2.wire.arrived() if data in frame])
            self.assertFalse(self.a1.opens(INTERNET[0], 80))
            self.assertFalse(self.a1.opens(self.a2.address, 22))
        finally:
            self.world.driver("apply", "firewall", self.a1.spec)
        self.assertTrue(self.a1.opens(INTERNET[0], 80))
        self.assertTrue(self.world.world.opens(HOST, self.a1.ssh_port))

    def test_connections_end_with_the_machine(self):
        """Whoever has the address next shall not inherit a way in."""
        inside = self.a1.socket(socket.AF_INET, socket.SOCK_DGRAM)
        outside = self.world.world.bound(socket.SOCK_DGRAM, INTERNET[0], 7000)
        with inside, outside:
            inside.settimeout(PATIENCE)
            inside.sendto(b"hello", (INTERNET[0], 7000))
            _, peer = outside.recvfrom(64)
            outside.sendto(b"answer", peer)
            self.assertEqual(inside.recv(64), b"answer", "the control failed")
            self.world.driver("apply", "firewall", dict(self.a1.spec, machine="01kaf5x0000000000000000m99"))
            outside.sendto(b"later", peer)
            self.assertRaises(TimeoutError, inside.recv, 64)
            self.world.driver("apply", "firewall", self.a1.spec)
            outside.sendto(b"again", peer)
            self.assertEqual(inside.recv(64), b"again", "the control failed")

    def test_published_connections_end_with_the_machine(self):
        outside, inside = connected(self.world.world, self.a1.ssh, HOST, self.a1.ssh_port)
        with outside, inside:
            inside.settimeout(PATIENCE)
            self.world.driver("apply", "firewall", dict(self.a1.spec, machine="01kaf5x0000000000000000m99"))
            outside.sendall(b"later")
            self.assertRaises(TimeoutError, inside.recv, 64)
            self.world.driver("apply", "firewall", self.a1.spec)
            inside.settimeout(5)  # TCP sends it again
            self.assertEqual(inside.recv(64), b"later", "the control failed")

    def test_rules_that_somebody_flushed_come_back(self):
        self.world.driver("check")
        self.world.nft("flush ruleset")
        self.assertRaisesRegex(RuntimeError, "changed by somebody else", self.world.driver, "check")
        for network in (self.world.alice, self.world.bob):
            self.world.driver("apply", "gateway", {key: network[key] for key in ("user", "subnet")})
        for guest in (self.a1, self.a2, self.b1):
            self.assertEqual(self.world.driver("observe", "firewall", guest.spec), "absent")
            self.world.driver("apply", "firewall", guest.spec)
        self.world.driver("check")
        self.assertEqual(self.arrivals(self.spoofed), set())
        self.assertTrue(self.a1.opens(INTERNET[0], 80))

    def test_a_rule_that_somebody_took_away_comes_back(self):
        take_rule_away(self.world, "bridge", "from_guest", "drop")
        self.assertIn("sibling", self.arrivals(self.spoofed), "the control failed")
        self.assertEqual(self.world.driver("observe", "firewall", self.a1.spec), "damaged")
        self.world.driver("apply", "firewall", self.a1.spec)
        self.assertEqual(self.arrivals(self.spoofed), set())


def all_rules():
    """Every rule of the real rule set, as (family, chain, text)."""
    world = World(PROGRAM, 0)
    try:
        for family in ("bridge", "arp", "inet"):
            chain = None
            for line in world.host.run("nft", "list", "table", family, "berth").splitlines():
                words = line.split()
                if line.startswith("\tchain "):
                    chain = words[1]
                elif line.startswith("\t}"):
                    chain = None
                elif chain and words and words[0] != "type":
                    yield family, chain, line.strip()
    finally:
        world.remove()


def try_without_each():
    global WITHOUT
    for rule in list(all_rules()):
        WITHOUT = rule
        suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case)
                                   for case in (Frames, Packets, FramesUnderBridgeNetfilter, PacketsUnderBridgeNetfilter,
                                                Connections, ConnectionRates))
        result = unittest.TextTestRunner(stream=io.StringIO(), failfast=True).run(suite)
        failures = result.failures + result.errors
        print("noticed  " if failures else "UNNOTICED", *rule, "--", failures[0][0].id() if failures else "", flush=True)


def main():
    global PROGRAM
    if os.geteuid() != 0:
        print("needs root, for network namespaces", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one CPU's queue keeps frames in their order
    if sys.argv[1:] == ["--without-each"]:
        try_without_each()
    else:
        unittest.main()


if __name__ == "__main__":
    main()
