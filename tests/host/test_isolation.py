"""What a guest can reach, and what it cannot. Every refusal has a control that shows the target is there."""
from promise import HostTest, main, until

GATEWAY_OF_THE_HOST = "203.0.113.1"
HOST = "203.0.113.10"
INTERNET = ("198.51.100.1", "192.0.2.1")
PRIVATE = ("192.168.77.1", "10.200.0.1", "172.16.5.1", GATEWAY_OF_THE_HOST)
METADATA = "169.254.169.254"
SERVICE = 8080  # of the host, listening on every address


class Isolation(HostTest):
    # What is private besides the private ranges: the host's own local network.
    settings = {"hypervisor": {"allow_emulation": "yes", "guest_blocked": "203.0.113.0/24"}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls("create")
        cls.alice = test.create("web", "alice")["machines"][0]
        cls.second = test.create("db", "alice")["machines"][0]
        cls.bob = test.create("web", "bob")["machines"][0]
        cls.gateway = test.say("web", "alice", "ip route show default").split()[2]
        cls.bobs_gateway = test.say("web", "bob", "ip route show default").split()[2]
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

    def test_no_ipv6_passes(self):
        script = ("sysctl -q -w net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0;"
                  "ip -6 addr add fe80::be/64 dev eth0 nodad 2>/dev/null; sleep 1;"
                  "ping -6 -c 2 -W 2 -I eth0 ff02::1 2>/dev/null | grep -c DUP; true")
        self.ssh("web", "alice", script, check=False)
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
        """The control of this file: with the firewall's tables gone, a guest does reach the host's service."""
        rules = self.box.run("nft", "list", "ruleset").stdout
        tables = [line.split()[1:3] for line in rules.splitlines() if line.startswith("table") and "berth" in line]
        self.assertTrue(tables)
        self.box.run("systemctl", "stop", "berth-hypervisor")  # it would put them back
        try:
            for family, table in tables:
                self.box.run("nft", "delete", "table", family, table)
            self.assertTrue(self.guest_opens(self.gateway, SERVICE))
        finally:
            self.box.run("nft", "-f", "-", stdin="flush ruleset\n" + rules)
            self.box.run("systemctl", "start", "berth-hypervisor")
            self.box.wait_ready()
        self.assertFalse(self.guest_opens(self.gateway, SERVICE))


if __name__ == "__main__":
    main()
