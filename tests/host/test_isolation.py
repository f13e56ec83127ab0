"""What a guest can reach, and what it cannot. Every refusal has a control that shows the target is there."""
import contextlib
import json

import frames
from box import PACKAGES
from firewall_world import Wire
from promise import HostTest, main, until

GATEWAY_OF_THE_HOST = "203.0.113.1"
HOST = "203.0.113.10"
INTERNET = ("198.51.100.1", "192.0.2.1")
PRIVATE = ("192.168.77.1", "10.200.0.1", "172.16.5.1", GATEWAY_OF_THE_HOST)
METADATA = "169.254.169.254"
SERVICE = 8080  # of the host, listening on every address
SENDER = PACKAGES / "tests" / "host" / "host-frame-sender"


class Isolation(HostTest):
    # What is private besides the private ranges: the host's own local network.
    settings = {"hypervisor": {"allow_emulation": "yes", "guest_blocked": "203.0.113.0/24"}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls("create")
        cls.alice = test.create("web", "alice")["machines"][0]
        cls.second = test.create("db", "alice")["machines"][0]
        cls.bob = test.create("vault", "bob")["machines"][0]
        cls.gateway = test.say("web", "alice", "ip route show default").split()[2]
        cls.bobs_gateway = test.say("vault", "bob", "ip route show default").split()[2]
        cls.box.run("systemd-run", "--quiet", "--unit=service-of-the-host", "nc", "-lk", "0.0.0.0", str(SERVICE))
        cls.box.run("systemd-run", "--quiet", "--unit=udp-service-of-the-host", "nc", "-lku", "0.0.0.0", str(SERVICE))

    def host_opens(self, address, port):
        return self.box.run("nc", "-z", "-w", "2", address, port, check=False).returncode == 0

    def guest_opens(self, address, port, name="web", user="alice"):
        """Whether the guest gets a TCP connection; nc ends as soon as it is there."""
        code = self.ssh(name, user, f"nc -w 2 {address} {port} </dev/null >/dev/null 2>&1", check=False).returncode
        self.assertIn(code, (0, 1), "neither nc's yes nor its no")
        return code == 0

    def guest_fetches(self, address):
        """What a server answers to a guest that asks."""
        return self.ssh("web", "alice", f"echo | nc -w 3 {address} 80", check=False).stdout

    def assert_only_the_host_opens(self, address, port):
        self.assertTrue(self.host_opens(address, port), f"the control failed: {address}:{port} is not there")
        self.assertFalse(self.guest_opens(address, port), f"a guest opens {address}:{port}")

    def test_the_internet_is_reached_under_the_hosts_address(self):
        for address in INTERNET:
            self.assertEqual(self.guest_fetches(address), f"{address} {HOST}\n")

    def test_names_are_resolved(self):
        self.assertIn("198.51.100.1", self.say("web", "alice", "nslookup example.test"))

    def looks_up(self, name, user, what, server):
        """What a guest learns from a DNS server, without the server's own name and address."""
        return self.ssh(name, user, f"nslookup {what} {server} 2>&1 | sed 1,3d", check=False).stdout

    def test_names_and_addresses_of_other_users_are_not_told(self):
        address = self.bob["address"]
        self.assertIn(address, self.looks_up("vault", "bob", "vault", self.bobs_gateway))
        self.assertIn("vault", self.looks_up("vault", "bob", address, self.bobs_gateway))
        self.assertNotIn(address, self.looks_up("web", "alice", "vault", self.gateway))
        self.assertNotIn("name = ", self.looks_up("web", "alice", address, self.gateway))

    def test_other_users_dns_servers_are_not_reached(self):
        self.assert_only_the_host_opens(self.bobs_gateway, 53)
        self.assertIn(INTERNET[0], self.looks_up("vault", "bob", "example.test", self.bobs_gateway))
        self.assertNotIn(INTERNET[0], self.looks_up("web", "alice", "example.test", self.bobs_gateway))

    def test_private_networks_are_not_reached(self):
        for address in PRIVATE:
            with self.subTest(address=address):
                self.assert_only_the_host_opens(address, 80)
                self.assertEqual(self.guest_fetches(address), "")

    def test_the_metadata_address_is_not_reached(self):
        self.assert_only_the_host_opens(METADATA, 80)

    def test_the_hosts_services_are_not_reached(self):
        for address in (HOST, self.gateway, self.bobs_gateway):
            with self.subTest(address=address):
                self.assert_only_the_host_opens(address, SERVICE)

    def test_other_users_machines_are_not_reached(self):
        self.assert_only_the_host_opens(self.bob["address"], 22)
        self.assertEqual(self.box.run("ping", "-c", "1", "-W", "2", self.bob["address"], check=False).returncode, 0)
        self.assertNotEqual(self.ssh("web", "alice", f"ping -c 1 -W 2 {self.bob['address']}", check=False).returncode, 0)

    def test_published_ports_lead_in_from_outside_and_not_from_guests(self):
        port = self.bob["ssh"]["host_port"]
        outside = self.box.net("bash", "-c", f"exec 3<>/dev/tcp/{HOST}/{port} && head -c 4 <&3")
        self.assertEqual(outside.stdout, "SSH-")
        for address in (HOST, self.gateway, self.bobs_gateway):
            self.assertFalse(self.guest_opens(address, port), f"a guest reaches another's machine by {address}:{port}")

    def test_a_users_own_machines_talk(self):
        self.assertTrue(self.guest_opens(self.second["address"], 22))
        self.assertTrue(self.guest_opens(self.alice["address"], 22, "db", "alice"))

    def test_a_stolen_address_is_dropped(self):
        stolen = ".".join(self.alice["address"].split(".")[:3]) + ".29"  # of alice's own subnet, nobody's
        self.say("web", "alice", f"ip addr add {stolen}/27 dev eth0")
        for target in (self.second["address"], INTERNET[0]):
            for source, code in ((self.alice["address"], 0), (stolen, 1)):
                done = self.ssh("web", "alice", f"ping -c 1 -W 2 -I {source} {target}", check=False)
                self.assertEqual(done.returncode, code, f"from {source} to {target}: {done.stdout}")

    def mac(self, name, user):
        return self.say(name, user, "cat /sys/class/net/eth0/address")

    def ipv6_frames(self, bridge):
        """What a guest may try to reach others and the host by, each with its token."""
        own, sibling = self.mac("web", "alice"), self.mac("db", "alice")
        host = json.loads(self.box.run("ip", "-j", "link", "show", bridge).stdout)[0]["address"]
        to_host = {"source": "fe80::be", "target": frames.link_local(host)}
        tries = {
            "an advertisement": ("33:33:00:00:00:01", frames.router_advertisement),
            "a solicitation": ("33:33:00:00:00:01", lambda token: frames.neighbour_solicitation(token, **to_host)),
            "a packet for the host": (host, lambda token: frames.udp6(token, SERVICE, **to_host)),
            "a packet for the guest": (sibling, lambda token: frames.udp6(token, SERVICE, target=frames.link_local(sibling))),
        }
        for what, (target, packet) in tries.items():
            token = frames.token()
            yield what, token, frames.ether(own, target, frames.IPV6, packet(token))

    def ipv6_arrivals(self):
        """What arrives of the above at the host and at the other guest; IPv4 that is sent afterwards does."""
        bridge = json.loads(self.box.run("ip", "-j", "route", "get", self.second["address"]).stdout)[0]["dev"]
        sent, last = list(self.ipv6_frames(bridge)), frames.token()
        control = frames.ether(self.mac("web", "alice"), frames.BROADCAST, frames.IPV4,
                               frames.udp(self.alice["address"], "255.255.255.255", 9, 9, last))
        self.box.run("berth", "ssh", "web", "--user", "alice", "--", "cat >/tmp/send && chmod +x /tmp/send", text=False,
                     stdin=SENDER.read_bytes())
        arrived = {}
        with contextlib.closing(Wire(self.box, bridge)) as host, \
                contextlib.closing(Wire(self.box, f"bt{self.second['id'][-12:]}", leaving=True)) as guest:
            self.ssh("web", "alice", f"/tmp/send eth0 {' '.join(frame.hex() for frame in (*(f for _, _, f in sent), control))}")
            for place, wire in (("host", host), ("guest", guest)):
                wire.wait_for(last, seen := [])
                arrived[place] = {what for what, token, _ in sent if any(token in frame for frame in seen)}
        return arrived

    def received_ipv6(self):
        """How many packets the other guest's kernel has seen."""
        return int(self.say("db", "alice", "awk '$1 == \"Ip6InReceives\" { print $2 }' /proc/net/dev_snmp6/eth0"))

    def test_no_ipv6_passes(self):
        self.ssh("db", "alice", "sysctl -q -w net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0")
        before = self.received_ipv6()
        self.assertEqual(self.ipv6_arrivals(), {"host": set(), "guest": set()})
        self.assertEqual(self.received_ipv6(), before)

    def test_the_host_speaks_no_ipv6_to_guests(self):
        bridges = self.box.shell("for b in /proc/sys/net/ipv6/conf/b[bt]*/disable_ipv6; do cat $b; done").split()
        self.assertTrue(bridges)
        self.assertEqual(set(bridges), {"1"})
        self.assertNotIn("fe80", self.box.shell("ip -6 neigh; ip -6 addr show | grep -A3 ': b[bt]' || true"))

    def test_rules_that_somebody_took_away_come_back(self):
        """Much sooner than the agent's period, and guests' ways with them."""
        for family in ("bridge", "arp", "inet"):
            self.box.run("nft", "delete", "table", family, "berth")
        until("every guest's way is back", lambda: all(
            machine["address"] in self.box.shell("nft list set bridge berth machines 2>&1 || true")
            for machine in (self.alice, self.second, self.bob)), 5, 0.1)
        self.assertFalse(self.guest_opens(self.gateway, SERVICE))
        self.assertTrue(self.guest_opens(INTERNET[0], 80))

    def test_a_removed_rule_would_be_noticed(self):
        """The control of this file: with the firewall's tables gone, a guest does reach the host's service, and IPv6 passes."""
        rules = self.box.run("nft", "list", "ruleset").stdout
        tables = [line.split()[1:3] for line in rules.splitlines() if line.startswith("table") and "berth" in line]
        self.assertTrue(tables)
        self.box.run("systemctl", "stop", "berth-hypervisor")  # it would put them back
        try:
            for family, table in tables:
                self.box.run("nft", "delete", "table", family, table)
            self.assertTrue(self.guest_opens(self.gateway, SERVICE))
            at_all = {"an advertisement", "a solicitation"}
            self.assertEqual(self.ipv6_arrivals(), {"host": at_all | {"a packet for the host"},
                                                    "guest": at_all | {"a packet for the guest"}})
        finally:
            self.box.run("nft", "-f", "-", stdin="flush ruleset\n" + rules)
            self.box.run("systemctl", "start", "berth-hypervisor")
            self.box.wait_ready()
        self.assertFalse(self.guest_opens(self.gateway, SERVICE))


if __name__ == "__main__":
    main()
