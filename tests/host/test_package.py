"""What installing, removing and purging the packages does to a host."""
from box import UNITS, packages
from promise import HostTest, main

KEY = "/etc/berth/host-key.cred"


class Package(HostTest):
    def installed(self):
        for deb in packages():
            self.box.carry(deb)
        return self.box.shell("dpkg -i --force-unsafe-io /var/tmp/berth-*.deb 2>&1", timeout=120)

    def emulate(self):
        self.box.configure({"hypervisor": {"allow_emulation": "yes"}})

    def test_1_services_are_enabled_and_run(self):
        for unit in UNITS:
            self.assertEqual(self.box.run("systemctl", "is-enabled", unit).stdout.strip(), "enabled")
            self.assertEqual(self.box.run("systemctl", "is-active", unit).stdout.strip(), "active")

    def test_1_the_agent_has_no_privilege_and_the_manager_few(self):
        agent = self.box.shell(f"cat /proc/{self.box.pid(UNITS[1])}/status")
        self.assertIn("CapEff:\t0000000000000000", agent)
        self.assertIn("CapBnd:\t0000000000000000", agent)
        self.assertIn("NoNewPrivs:\t1", agent)
        self.assertIn("Seccomp:\t2", agent)
        user = self.box.shell("id -u berth").strip()
        self.assertIn(f"Uid:\t{user}\t{user}", agent)
        manager = self.box.shell(f"cat /proc/{self.box.pid(UNITS[0])}/status")
        self.assertIn("Seccomp:\t2", manager)
        for unit, worst in ((UNITS[0], 36), (UNITS[1], 13)):
            self.box.run("systemd-analyze", "security", "--no-pager", f"--threshold={worst}", unit)

    def test_1_the_daemons_memory_is_bounded(self):
        for unit, most in zip(UNITS, (1 << 30, 64 << 20)):
            self.assertEqual(int(self.box.run("systemctl", "show", "-P", "MemoryMax", unit).stdout), most)

    def test_1_the_manager_opens_no_device_but_kvm(self):
        """Tried by a process that joins its control group."""
        group = self.box.run("systemctl", "show", "-P", "ControlGroup", UNITS[0]).stdout.strip()
        join = f"echo $$ > /sys/fs/cgroup{group}/cgroup.procs"

        def opens(device, before):
            return self.box.run("sh", "-c", f"{before} && exec 3<>{device}", check=False).returncode == 0
        self.assertTrue(opens("/dev/net/tun", "true"), "the control failed")
        self.assertFalse(opens("/dev/net/tun", join))
        self.assertEqual(opens("/dev/kvm", join), opens("/dev/kvm", "true"))

    def test_1_the_host_key_is_encrypted_and_roots(self):
        self.assertEqual(self.box.shell(f"stat -c '%U %a' {KEY}").strip(), "root 600")
        key = self.box.run("systemd-creds", "decrypt", "--name=host-key", KEY, "-", text=False).stdout
        self.assertEqual(len(key), 32)
        self.assertNotEqual(len(set(key)), 1)

    def test_1_sockets_are_for_the_group_and_for_the_agent_alone(self):
        self.assertEqual(self.box.shell("stat -c '%U %G %a' /run/berth/agent.sock").strip(), "berth berth 660")
        self.assertEqual(self.box.shell("stat -c '%U %G %a' /run/berth/hypervisor.sock").strip(), "berth root 600")
        self.assertEqual(self.box.shell("stat -c '%U %a' /run/berth").strip(), "root 755")
        stranger = self.box.run("runuser", "-u", "nobody", "--", "berth", "list", check=False)
        self.assertNotEqual(stranger.returncode, 0)
        self.assertIn("berth", stranger.stderr)

    def test_1_a_member_of_the_group_needs_no_root(self):
        self.box.shell("useradd --create-home --groups berth dora")
        listed = self.box.berth("list", user="dora")
        self.assertEqual(listed.returncode, 0)

    def test_1_the_hypervisors_socket_serves_the_agent_and_root_alone(self):
        member = self.box.shell("useradd -M --groups berth eve; runuser -u eve -- sh -c "
                                "'printf \"\\0AUTH EXTERNAL\\r\\n\" | nc -U -w 2 /run/berth/hypervisor.sock'; true")
        self.assertEqual(member, "")

    def test_1_configuration_that_makes_no_sense_is_refused(self):
        for daemon in ("agent", "hypervisor"):
            program = f"/usr/sbin/berth-{daemon}"
            self.box.run(program, "--check-config")
            for line in ("colour = red", "", "= 3", "[section]"):
                file = self.box.put(f"/root/{daemon}.conf", f"{line}\n")
                done = self.box.run(program, "--check-config", "--config", file, check=False)
                if not line:
                    self.assertEqual(done.returncode, 0)
                    continue
                self.assertNotEqual(done.returncode, 0, line)
                self.assertIn(file, done.stdout + done.stderr)
            self.assertEqual(self.box.run(program, "--version").returncode, 0)

    def test_2_removing_stops_no_guest_and_purging_keeps_volumes(self):
        self.create()
        guest = self.box.shell("pgrep qemu-system")
        self.assertTrue(guest)
        key = self.box.shell(f"sha256sum {KEY}")
        removed = self.box.run("dpkg", "--remove", "berth-host")
        self.assertIn("still running", removed.stderr + removed.stdout)
        self.assertEqual(self.box.shell("pgrep qemu-system"), guest)
        purged = self.box.run("dpkg", "--purge", "berth-host")
        self.assertIn("volumes are left", purged.stderr)
        self.assertEqual(self.box.shell(f"sha256sum {KEY}"), key)
        self.box.shell(f"mv {KEY} /root/kept.cred")
        self.assertIn("/var/lib/systemd/credential.secret", self.installed())
        self.assertNotEqual(self.box.run("test", "-e", KEY, check=False).returncode, 0)
        self.box.shell(f"mv /root/kept.cred {KEY} && systemctl restart berth-hypervisor")
        self.emulate()
        self.assertEqual(self.box.shell("pgrep qemu-system"), guest)
        self.assertEqual(self.say("web", "alice", "echo here"), "here")
        self.assertEqual(self.box.shell(f"sha256sum {KEY}"), key)
        self.terminate_all()

    def test_3_purging_without_volumes_leaves_nothing(self):
        self.terminate_all()
        self.box.run("dpkg", "--purge", "berth-host", "berth-cli")
        for path in ("/etc/berth", "/var/lib/berth", "/run/berth", "/run/berth-hypervisor", "/usr/libexec/berth"):
            self.assertNotEqual(self.box.run("test", "-e", path, check=False).returncode, 0, path)
        self.assertEqual(self.box.shell("systemctl list-unit-files --no-legend 'berth*'", check=False).strip(), "")


if __name__ == "__main__":
    main()
