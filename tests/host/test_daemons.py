"""Daemons are killed; guests never notice, and what was acknowledged holds."""
from box import UNITS, packages
from promise import HostTest, main, until


class Daemons(HostTest):
    def tearDown(self):
        self.terminate_all()

    def guest(self):
        """What changes if the guest was stopped, and how long it runs."""
        boot, uptime = self.say("web", "alice", "cat /proc/sys/kernel/random/boot_id /proc/uptime").split()[:2]
        return boot, float(uptime), self.box.shell("pgrep qemu-system").strip()

    def assert_guest_went_on(self, before):
        boot, uptime, process = self.guest()
        self.assertEqual((boot, process), (before[0], before[2]))
        self.assertGreater(uptime, before[1])
        self.assertEqual(self.show()["phase"], "running")

    def test_sigkill_of_a_daemon_is_not_noticed_by_a_guest(self):
        self.create()
        for units in ((UNITS[0],), (UNITS[1],), UNITS):
            with self.subTest(units=units):
                before = self.guest()
                pids = {unit: self.box.pid(unit) for unit in units}
                for unit in units:
                    self.box.kill(unit)
                until("the daemons are new ones",
                      lambda: all(self.box.pid(unit) not in (0, old) for unit, old in pids.items()))
                self.box.wait_ready(15)
                self.assert_guest_went_on(before)

    def test_a_restart_of_libvirtd_is_not_noticed_either(self):
        self.create()
        before = self.guest()
        self.box.run("systemctl", "restart", "libvirtd.service")
        self.assert_guest_went_on(before)
        self.create("db")

    def test_a_stopped_session_starts_after_a_restart_of_libvirtd(self):
        self.create()
        self.say("web", "alice", "echo kept > /root/kept; sync")
        self.box.berth("stop", "web", "--user", "alice")
        self.box.run("systemctl", "restart", "libvirtd.service")
        self.box.berth("start", "web", "--user", "alice")
        self.assertEqual(self.say("web", "alice", "cat /root/kept"), "kept")

    def test_an_upgrade_of_the_package_is_not_noticed(self):
        self.create()
        before = self.guest()
        for deb in packages():
            self.box.carry(deb)
        self.box.shell("dpkg -i --force-unsafe-io /var/tmp/berth-*.deb", timeout=120)
        self.box.wait_ready()
        self.assert_guest_went_on(before)

    def test_a_frozen_daemon_is_restarted_by_its_watchdog(self):
        for unit in UNITS:
            self.box.run("mkdir", "-p", f"/etc/systemd/system/{unit}.d")
            self.box.put(f"/etc/systemd/system/{unit}.d/watchdog.conf", "[Service]\nWatchdogSec=3s\n")
        self.box.run("systemctl", "daemon-reload")
        self.box.run("systemctl", "restart", *UNITS)
        self.box.wait_ready()
        try:
            for unit in UNITS:
                old = self.box.pid(unit)
                self.box.run("systemctl", "kill", "--kill-whom=main", "--signal=STOP", unit)
                until(f"{unit} is replaced", lambda: self.box.pid(unit) not in (0, old), 30, 0.2)
                self.box.wait_ready(30)
        finally:
            self.box.shell("rm -r /etc/systemd/system/berth-*.service.d; systemctl daemon-reload")
            self.box.run("systemctl", "restart", *UNITS)
            self.box.wait_ready()


if __name__ == "__main__":
    main()
