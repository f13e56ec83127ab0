"""When the host fails, the operation fails with the true reason, what was made is undone, and the next request works."""
import contextlib
import io
import tarfile

from promise import TINY, HostTest, main, until

QEMU = "/usr/bin/qemu-system-x86_64"
# What libvirt asks of a QEMU that it does not start a machine with goes through.
DYING_QEMU = f"""#!/bin/sh
case "$*" in *"-machine none"* | *"-version"* | *"-help"*) exec {QEMU}.real "$@" ;; esac
echo "this QEMU dies at its start" >&2
exit 1
"""


def silent_bundle():
    """The image `tiny` with a first process that never answers anybody."""
    out = io.BytesIO()
    with tarfile.open(TINY) as old, tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as new:
        for entry in old:
            data = old.extractfile(entry).read()
            if entry.name == "cmdline":
                data = b"console=ttyS0 rdinit=/nothing panic=0\n"
                entry.size = len(data)
            new.addfile(entry, io.BytesIO(data))
    return out.getvalue()


class Faults(HostTest):
    state_size = "600M"
    settings = {"hypervisor": {"allow_emulation": "yes", "disk_reserve": "1M"},
                "agent": {"disk_percent": "1000", "retry_for": "5"}}

    def tearDown(self):
        self.terminate_all()

    def failed_create(self, *codes, **more):
        """A create call that fails, at once or later, with one of the codes, and leaves nothing."""
        answer = self.box.api("POST", "v1/sessions", self.body("broken", **more))
        if answer.status == 202:
            operation = self.box.operation(answer, 180)
            self.assertEqual(operation["state"], "failed", operation)
            error = operation["error"]
        else:
            error = answer.json
        self.assertIn(error["code"], codes, error)
        self.assertNotIn("broken", [s["name"] for s in self.sessions()])
        return error

    def assert_works(self, name="after"):
        self.assertEqual(self.create(name)["phase"], "running")

    @contextlib.contextmanager
    def full_disk(self):
        self.box.shell("fallocate -l 1T /var/lib/berth/filler 2>/dev/null; "
                       "dd if=/dev/zero of=/var/lib/berth/filler bs=64k oflag=append conv=notrunc 2>/dev/null; true")
        try:
            yield
        finally:
            self.box.run("rm", "/var/lib/berth/filler")

    def test_disk_full_at_create(self):
        with self.full_disk():
            self.failed_create("STO_003")
            self.assertEqual(self.box.api("GET", "/healthz").status, 200)
        self.assert_works()

    def test_disk_full_at_import(self):
        before = self.box.shell("find /var/lib/berth/hypervisor | sort")
        self.box.carry(TINY)
        with self.full_disk():
            done = self.box.berth("image", "import", "/var/tmp/tiny.tar", "--name", "other", check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("STO_003", done.stderr)
        self.assertEqual(self.box.shell("find /var/lib/berth/hypervisor | sort"), before)

    def test_disk_full_under_a_running_guest(self):
        self.create()
        with self.full_disk():
            self.ssh("web", "alice", "(dd if=/dev/urandom of=/root/big bs=1M count=64; sync) >/dev/null 2>&1 &")
            until("the guest is paused", lambda: self.box.shell("virsh -q list --state-paused"), 60, 0.5)
            self.assertEqual(self.box.api("GET", "v1/sessions").status, 200)
        until("the guest goes on when there is room again", lambda: self.box.berth(
            "ssh", "web", "--user", "alice", "--", "true", check=False).returncode == 0, 120, 1)

    def test_a_session_stops_and_ends_while_the_disk_is_full(self):
        self.create("one")
        self.create("two")
        with self.full_disk():
            self.box.berth("stop", "one", "--user", "alice")
            self.assertEqual(self.show("one")["phase"], "stopped")
            for name in ("one", "two"):
                self.box.berth("terminate", name, "--user", "alice")
            self.assertEqual(self.sessions(), [])
            self.box.wait_clean()
        self.assert_works()

    @contextlib.contextmanager
    def without_kvm(self):
        """A host that has none, and whose operator has allowed nothing else."""
        self.box.shell("mv /dev/kvm /dev/no-kvm 2>/dev/null; sed -i 's/^allow_emulation/#&/' /etc/berth/hypervisor.conf;"
                       "systemctl restart berth-hypervisor")
        self.box.wait_ready()
        try:
            yield
        finally:
            self.box.shell("mv /dev/no-kvm /dev/kvm 2>/dev/null; sed -i 's/^#allow_emulation = yes/allow_emulation = yes/'"
                           " /etc/berth/hypervisor.conf; systemctl restart berth-hypervisor")
            self.box.wait_ready()

    def test_no_kvm_and_no_permission_to_do_without(self):
        with self.without_kvm():
            error = self.failed_create("VM_001")
            for word in ("allow_emulation = yes", "/etc/berth/hypervisor.conf"):
                self.assertIn(word, str(error))
            check = self.box.berth("host", "check", check=False)
            self.assertNotEqual(check.returncode, 0)
            self.assertIn("allow_emulation = yes", check.stdout)
        self.assert_works()

    def test_libvirtd_dead(self):
        self.create("before")
        units = "libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket"
        self.box.shell(f"systemctl stop {units} 2>/dev/null; systemctl mask --runtime {units} 2>/dev/null")
        try:
            accepted = self.box.api("POST", "v1/sessions", self.body("broken"))
            path = f"v1/sessions/{accepted.json['session']['id']}"
            reason = until("the session says why it fails", lambda: self.box.api("GET", path).json["reason"], 90, 0.5)
            self.assertEqual(reason["code"], "VM_004", reason)
        finally:
            self.box.shell(f"systemctl unmask --runtime {units}; systemctl start libvirtd.socket libvirtd.service")
        ended = self.box.operation(accepted)
        self.assertEqual((ended["state"], ended["error"]["code"]), ("failed", "VM_004"))
        self.assertEqual([s["name"] for s in self.sessions()], ["before"])
        self.assert_works()
        self.assertEqual(self.say("before", "alice", "echo here"), "here")

    def test_libvirtd_that_hangs(self):
        """It costs those who need it a deadline, and nobody else anything."""
        self.create("before")
        self.box.run("systemctl", "kill", "--kill-whom=main", "--signal=STOP", "libvirtd.service")
        try:
            accepted = [self.box.api("POST", "v1/sessions", self.body(f"broken{n}")) for n in range(4)]
            paths = [f"v1/sessions/{answer.json['session']['id']}" for answer in accepted]
            for path in paths:
                reason = until("the session says why it fails", lambda: self.box.api("GET", path).json["reason"], 120, 0.5)
                self.assertEqual(reason["code"], "VM_004", reason)
            self.assertIn("libvirtd does not answer", self.box.berth("host", "check", check=False).stdout)
        finally:
            self.box.run("systemctl", "kill", "--kill-whom=main", "--signal=CONT", "libvirtd.service")
        for answer in accepted:
            self.box.operation(answer, 180)
        self.assertEqual(self.say("before", "alice", "echo here"), "here")
        self.assert_works()

    def test_qemu_that_dies_at_its_start(self):
        self.box.run("mv", QEMU, f"{QEMU}.real")
        try:
            self.box.put(QEMU, DYING_QEMU, 0o755)
            error = self.failed_create("VM_002")
            self.assertIn("this QEMU dies at its start", str(error))
        finally:
            self.box.run("mv", f"{QEMU}.real", QEMU)
        self.assert_works()

    def test_a_guest_that_never_answers(self):
        self.box.put("/var/tmp/silent.tar", silent_bundle())
        self.box.berth("image", "import", "/var/tmp/silent.tar", "--name", "silent")
        self.box.configure({"agent": {"ready_within": "20"}})
        try:
            error = self.failed_create("VM_003", image="silent")
            self.assertIn("answer", error["message"])
        finally:
            self.box.shell("sed -i /ready_within/d /etc/berth/agent.conf; systemctl restart berth-agent")
            self.box.wait_ready()
            self.box.berth("image", "remove", "silent")
        self.assert_works()

    def test_addresses_exhausted(self):
        self.box.configure({"agent": {"pool": "10.66.255.248/29", "user_prefix": "30"}})
        try:
            for user in ("dave", "erin"):  # who have had no subnet before
                self.create("web", user)
            self.failed_create("NET_001", user="frank")
            self.failed_create("NET_001", user="dave")  # whose own subnet has one address
        finally:
            self.terminate_all()
            self.box.shell("sed -i '/^pool/d; /^user_prefix/d' /etc/berth/agent.conf; systemctl restart berth-agent")
            self.box.wait_ready()
        self.assert_works()

    @contextlib.contextmanager
    def damaged(self, pattern):
        folder = self.box.root / "var/lib/berth/hypervisor/keys"
        # With a state file system of its own the box's root shows another folder.
        folder = folder if any(folder.glob("*")) else self.box.root.parent / "state/hypervisor/keys"
        file = next(folder.glob(pattern))
        sound = file.read_bytes()
        file.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
        try:
            yield
        finally:
            file.write_bytes(sound)

    def test_a_damaged_volume_key_fails_the_start_and_destroys_nothing(self):
        self.create()
        self.ssh("web", "alice", "echo kept >/root/note; sync")
        self.box.berth("stop", "web", "--user", "alice")
        with self.damaged("*.volume-key"):
            done = self.box.berth("start", "web", "--user", "alice", check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("STO_005", done.stderr)
            self.assertEqual(self.show()["phase"], "failed")
            self.assertEqual(self.show()["reason"]["code"], "STO_005")
        self.box.berth("start", "web", "--user", "alice")
        self.assertEqual(self.say("web", "alice", "cat /root/note"), "kept")

    def test_a_damaged_user_key_fails_that_users_creates_alone(self):
        self.create()
        with self.damaged("[!.]*.key"):
            self.failed_create("STO_005")
            self.assertEqual(self.create("web", "bob")["phase"], "running")
        self.assert_works()


if __name__ == "__main__":
    main()
