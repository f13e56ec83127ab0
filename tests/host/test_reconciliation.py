"""What bears Berth's mark and no session has: machines, networks and rules go, volumes and keys are reported and stay. What
bears no mark is none of Berth's business."""
import random
import uuid

from promise import HostTest, main, until

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
# One has a name as Berth's machines have; what Berth wrote into those it lacks.
FOREIGN = ("somebodys", "berth-is-a-fine-name", "berth-01kaf5x0000000000000000aaa")
SEEDS, STATE, NAMESPACE = "/run/berth-hypervisor/seeds", "/var/lib/berth/hypervisor", "urn:berth:machine:1"


def new_id():
    return "01" + "".join(random.choices(DIGITS, k=24))


def uuid_of(id):
    """As core/id has it."""
    value = 0
    for digit in id:
        value = value << 5 | DIGITS.index(digit)
    return uuid.UUID(int=value)


def domain(name, more=""):
    return f"<domain type='qemu'><name>{name}</name>{more}<memory unit='MiB'>16</memory><os><type>hvm</type></os></domain>"


def marked(id):
    mark = f"<berth:machine xmlns:berth='{NAMESPACE}' user='{new_id()}' volume='{new_id()}'/>"
    return domain(f"berth-{id}", f"<uuid>{uuid_of(id)}</uuid><metadata>{mark}</metadata>")


def network(name, bridge, address):
    return f"<network><name>{name}</name><bridge name='{bridge}'/><ip address='{address}' prefix='29'/></network>"


class Reconciliation(HostTest):
    settings = {**HostTest.settings, "agent": {"reconcile_every": "2"}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls("create")
        test.create("web", "alice")
        for name in FOREIGN:
            test.virsh("create", "/dev/stdin", stdin=domain(name))
        test.virsh("net-create", "/dev/stdin", stdin=network("somebodys", "virbr7", "192.168.222.1"))

    def virsh(self, *command, **options):
        return self.box.run("virsh", "-q", "-c", "qemu:///system", *command, **options).stdout

    def plant(self):
        """Objects as Berth makes them, of ids that it does not know; returns the ids."""
        ids = {what: new_id() for what in ("domain", "seed", "network", "rule")}
        self.virsh("create", "/dev/stdin", stdin=marked(ids["domain"]))
        self.box.shell(f"echo seed >{SEEDS}/{ids['seed']}.iso")
        self.virsh("net-create", "/dev/stdin",
                   stdin=network(f"berth-{ids['network']}", f"bb{ids['network'][-12:]}", "10.66.250.1"))
        rule = f"\"bt{ids['rule'][-12:]}\" . 02:be:0a:42:fa:09 . 10.66.250.9 comment \"{ids['rule']}\""
        self.box.run("nft", "add", "element", "bridge", "berth", "machines", f"{{ {rule} }}")
        return ids

    def left(self, ids):
        here = self.virsh("list", "--all", "--name") + self.virsh("net-list", "--all", "--name")
        here += self.box.shell(f"ip -o link; nft list ruleset; ls {SEEDS}; pgrep -a 'qemu|dnsmasq'")
        return {what for what, id in ids.items() if id[-12:] in here}

    def assert_others_are_untouched(self):
        self.assertLessEqual(set(FOREIGN), set(self.virsh("list", "--name").split()))
        self.assertIn("somebodys", self.virsh("net-list", "--name").split())
        self.assertEqual(self.say("web", "alice", "echo here"), "here")

    def test_unknown_machines_networks_and_rules_go_on_the_period(self):
        ids = self.plant()
        self.assertIn("domain", self.left(ids))  # sooner or later than which the rest may be gone
        until("they are gone", lambda: not self.left(ids), 30, 0.3)
        self.assert_others_are_untouched()

    def test_unknown_machines_networks_and_rules_go_at_the_start(self):
        agent = ("berth-agent.socket", "berth-agent.service")
        self.box.run("systemctl", "stop", *agent)
        ids = self.plant()
        self.assertEqual(self.left(ids), set(ids), "the search itself is blind")
        self.box.run("systemctl", "start", *agent)
        self.box.wait_ready()
        self.assertEqual(self.left(ids), set())
        self.assert_others_are_untouched()

    def test_unknown_volumes_and_keys_are_reported_and_left(self):
        volume, user, lone_key = new_id(), new_id(), new_id()
        files = [f"{STATE}/volumes/{volume}.qcow2", f"{STATE}/keys/{user}.key", f"{STATE}/keys/{lone_key}.volume-key"]
        for file in files:
            self.box.shell(f"echo {file} >{file}; chmod 600 {file}")
        expected = {("volume", volume), ("key", user), ("volume", lone_key)}
        try:
            until("they are reported", lambda: expected == {(found["kind"], found["id"]) for found in self.box.api(
                "GET", "v1/admin/health").json["unknown"]}, 30, 0.3)
            for kind, id in expected:
                said = self.box.journal("-u", "berth-agent", f"BERTH_OBJECT={id}", "-o", "cat")
                self.assertEqual(said, f"Found a {kind} that no session has, and left it alone\n")
            self.box.run("systemctl", "restart", "berth-agent.service", "berth-hypervisor.service")
            self.box.wait_ready()
            self.assertEqual(self.box.shell(f"cat {' '.join(files)}").split(), files)
        finally:
            self.box.run("rm", *files)
        until("what is gone is not reported", lambda: not self.box.api("GET", "v1/admin/health").json["unknown"], 30, 0.3)


if __name__ == "__main__":
    main()
