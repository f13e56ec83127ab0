"""A user's network that was damaged is mended under the guests that run on it, and the rules hold all the while."""
import json

from promise import HostTest, main, until

INTERNET = "198.51.100.1"
PERIOD = 3
MENDED_WITHIN = 10 * PERIOD  # of wall-clock time, on a machine that emulates three guests


class Network(HostTest):
    settings = {"hypervisor": {"allow_emulation": "yes"}, "agent": {"reconcile_every": str(PERIOD)}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls("create")
        cls.alice = test.create("web", "alice")["machines"][0]
        cls.network, = cls.box.shell("virsh -q net-list --name | grep berth-").split()
        cls.bridge = cls.box.shell(f"virsh -q net-info {cls.network} | sed -n 's/^Bridge: *//p'").strip()
        test.create("db", "alice")
        cls.bob = test.create("web", "bob")["machines"][0]

    def setUp(self):
        super().setUp()
        self.boot = self.say("web", "alice", "cat /proc/sys/kernel/random/boot_id")
        self.assert_whole()

    def ports(self):
        """The interfaces on alice's bridge; nothing while it is away."""
        return self.box.shell(f"ls /sys/class/net/{self.bridge}/brif 2>/dev/null || true").split()

    def dnsmasq(self):
        processes = self.box.shell("pgrep -a dnsmasq || true").splitlines()
        return [line.split()[0] for line in processes if f"/{self.network}.conf" in line]

    def is_whole(self):
        return (len(self.ports()) == 2 and self.dnsmasq()
                and self.network in self.box.shell("virsh -q net-list --name").split())

    def opens(self, address, port):
        done = self.ssh("web", "alice", f"nc -w 2 {address} {port} </dev/null >/dev/null 2>&1", check=False)
        self.assertIn(done.returncode, (0, 1), "neither nc's yes nor its no")
        return done.returncode == 0

    def assert_whole(self):
        """What a guest needs of its network, and what the rules keep from it."""
        until("the network is mended", self.is_whole, MENDED_WITHIN, 0.2)
        self.assertEqual(self.say("web", "alice", "cat /proc/sys/kernel/random/boot_id"), self.boot)
        self.assertIn(INTERNET, self.say("web", "alice", "nslookup example.test"))
        self.assertTrue(self.opens(INTERNET, 80))
        self.ssh("web", "alice", "udhcpc -n -q -t 5 -T 1 -i eth0 -s /bin/true")
        self.assertEqual(self.box.run("nc", "-z", "-w", "2", self.bob["address"], "22", check=False).returncode, 0)
        self.assertFalse(self.opens(self.bob["address"], 22), "a guest reaches another's machine")
        self.assertEqual(self.box.shell(f"cat /proc/sys/net/ipv6/conf/{self.bridge}/disable_ipv6").strip(), "1")

    def test_a_network_that_was_destroyed_comes_back(self):
        self.box.run("virsh", "net-destroy", self.network)
        self.assertEqual(self.ports(), [])
        self.assert_whole()

    def test_a_bridge_that_was_removed_comes_back(self):
        self.box.run("ip", "link", "delete", self.bridge)
        self.assert_whole()

    def test_a_tap_that_was_taken_off_the_bridge_comes_back(self):
        self.box.run("ip", "link", "set", self.ports()[0], "nomaster")
        self.assert_whole()

    def test_a_bridge_that_libvirt_lost_gets_its_network_again(self):
        self.box.run("systemctl", "kill", "--signal=KILL", "--kill-whom=main", "libvirtd.service")
        self.box.shell(f"rm /run/libvirt/network/{self.network}.xml; systemctl restart libvirtd.service")
        self.assertNotIn(self.network, self.box.shell("virsh -q net-list --all --name").split())
        self.assert_whole()

    def test_dnsmasq_that_died_comes_back(self):
        old = self.dnsmasq()
        self.box.run("kill", "-9", *old)
        until("dnsmasq is another", lambda: self.dnsmasq() and not set(old) & set(self.dnsmasq()), MENDED_WITHIN, 0.2)
        self.assert_whole()

    def test_a_bridge_of_nobody_is_removed(self):
        nobody = "01kaf5x0000000000000000zzz"
        self.box.run("ip", "link", "add", f"bb{nobody[-12:]}", "alias", f"berth-{nobody}", "type", "bridge")
        until("the bridge is gone", lambda: nobody not in json.dumps(self.box.shell("ip link")), MENDED_WITHIN, 0.2)


if __name__ == "__main__":
    main()
