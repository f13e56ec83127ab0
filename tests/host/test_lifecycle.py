"""From `berth create` to a shell in a machine, and back to nothing."""
import datetime

from promise import HostTest, main, until


def seconds_until(moment):
    return (datetime.datetime.fromisoformat(moment) - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


class LifeCycle(HostTest):
    def tearDown(self):
        self.terminate_all()

    def boot_id(self):
        return self.say("web", "alice", "cat /proc/sys/kernel/random/boot_id")

    def test_a_created_session_is_running_and_lets_its_user_in(self):
        session = self.create()
        self.assertEqual((session["phase"], session["goal"], session["user"]), ("running", "running", "alice"))
        self.assertEqual(session["rung"], "cold")
        self.assertTrue(session["rung_reason"])
        self.assertEqual(self.say("web", "alice", "id -u; hostname"), "0\nweb")
        self.assertEqual(self.ssh("web", "alice", "exit 7", check=False).returncode, 7)
        machine = session["machines"][0]
        self.assertIn(machine["address"], self.say("web", "alice", "ip -4 addr show"))
        self.assertEqual([s["name"] for s in self.box.berth_json("list", "--user", "alice")["items"]], ["web"])
        self.assertEqual(self.box.berth_json("list", "--user", "bob")["items"], [])

    def test_the_machine_has_the_size_that_was_asked_for(self):
        session = self.create()
        self.assertEqual((session["cpus"], session["memory_bytes"], session["disk_bytes"]), (1, 128 << 20, 256 << 20))
        self.assertEqual(self.say("web", "alice", "nproc"), "1")
        self.assertEqual(self.say("web", "alice", "cat /sys/block/vda/size"), str((256 << 20) // 512))
        memory = int(self.say("web", "alice", "awk '/^MemTotal/ { print $2 }' /proc/meminfo"))
        self.assertTrue(90 * 1024 < memory <= 128 * 1024, memory)

    def test_the_host_key_is_known_beforehand_and_a_stranger_is_not_trusted(self):
        machine = self.create()["machines"][0]
        self.assertTrue(machine["ssh"]["host_key"].startswith("ssh-ed25519 "))
        seen = self.box.shell(f"ssh-keyscan -t ed25519 -T 10 {machine['address']} 2>/dev/null").split()
        self.assertEqual(" ".join(seen[1:3]), machine["ssh"]["host_key"])
        # A machine that shows another key than it was given must not be talked to.
        self.ssh("web", "alice", "dropbearkey -t ed25519 -f /tmp/other >/dev/null 2>&1; cp /tmp/other /run/seed/host_key;"
                 " kill $(cat /run/dropbear.pid)")  # init starts it again
        until("the machine shows another key", lambda: "ssh-ed25519" in (now := self.box.shell(
            f"ssh-keyscan -t ed25519 -T 10 {machine['address']} 2>/dev/null || true")) and seen[2] not in now)
        refused = self.ssh("web", "alice", "true", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("key", refused.stderr.lower())

    def test_stop_keeps_the_disk_and_start_brings_it_back(self):
        key = self.create()["machines"][0]["ssh"]["host_key"]
        boot = self.boot_id()
        self.ssh("web", "alice", "echo kept >/root/note; sync")
        self.box.berth("stop", "web", "--user", "alice")
        stopped = self.show()
        self.assertEqual((stopped["phase"], stopped["goal"]), ("stopped", "stopped"))
        self.assertEqual(self.box.shell("virsh -q -c qemu:///system list --all --name").split(), [])
        self.assertNotEqual(self.ssh("web", "alice", "true", check=False).returncode, 0)
        self.box.berth("start", "web", "--user", "alice")
        self.assertEqual(self.say("web", "alice", "cat /root/note"), "kept")
        self.assertNotEqual(self.boot_id(), boot)
        self.assertEqual(self.show()["machines"][0]["ssh"]["host_key"], key)

    def test_stop_and_start_twice_are_the_same_as_once(self):
        self.create()
        boot = self.boot_id()
        self.box.berth("start", "web", "--user", "alice")
        self.assertEqual(self.boot_id(), boot)
        self.box.berth("stop", "web", "--user", "alice")
        self.box.berth("stop", "web", "--user", "alice")
        self.assertEqual(self.show()["phase"], "stopped")

    def test_a_key_that_is_added_opens_the_machine_and_a_removed_one_does_not(self):
        machine = self.create()["machines"][0]
        self.box.shell("rm -f /root/second*; ssh-keygen -q -t ed25519 -N '' -C second -f /root/second")
        self.box.put("/root/known", f"{machine['address']} {machine['ssh']['host_key']}\n")
        command = ("ssh", "-F", "none", "-i", "/root/second", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
                   "-o", "StrictHostKeyChecking=yes", "-o", "UserKnownHostsFile=/root/known",
                   f"root@{machine['address']}", "echo in")
        self.assertNotEqual(self.box.run(*command, check=False).returncode, 0)
        self.box.berth("key", "add", "web", "/root/second.pub", "--user", "alice")
        self.assertEqual(self.box.run(*command).stdout, "in\n")
        key = next(k for k in self.show()["ssh_keys"] if k["comment"] == "second")
        self.box.berth("key", "remove", "web", key["fingerprint"], "--user", "alice")
        self.assertNotEqual(self.box.run(*command, check=False).returncode, 0)
        self.assertEqual(self.say("web", "alice", "echo still in"), "still in")

    def test_extend_moves_the_end(self):
        before = self.create("web", "alice", "--ttl", "1h")
        self.assertAlmostEqual(seconds_until(before["expires_at"]), 3600, delta=120)
        self.box.berth("extend", "web", "--by", "2h", "--user", "alice")
        moved = seconds_until(self.show()["expires_at"]) - seconds_until(before["expires_at"])
        self.assertAlmostEqual(moved, 7200, delta=1)

    def test_the_time_to_live_ends_a_session(self):
        session = self.create("web", "alice", "--ttl", "60s")
        left = seconds_until(session["expires_at"])
        until("the session ends by itself", lambda: not self.sessions(), max(left, 0) + 30, 0.5)
        self.assertLessEqual(seconds_until(session["expires_at"]), 0, "it ended before its time")
        self.assertGreater(seconds_until(session["expires_at"]), -20, "it ended late")
        self.box.wait_clean()

    def test_a_users_sessions_share_a_network_which_goes_with_the_last(self):
        for name in ("one", "two"):
            self.create(name)
        links = self.box.shell("ip -o link").count(": bb")
        self.assertEqual(links, 1)
        self.box.berth("terminate", "one", "--user", "alice")
        self.assertEqual(self.say("two", "alice", "echo here"), "here")
        self.box.berth("terminate", "two", "--user", "alice")
        self.box.wait_clean()

    def test_terminate_leaves_nothing(self):
        self.create()
        kinds = {line.split()[0] for line in self.box.belongings()}
        self.assertEqual(kinds, {"domain", "network", "secret", "link", "file", "process", "nft"}, "the search itself is blind")
        self.box.berth("terminate", "web", "--user", "alice")
        self.box.wait_clean()
        gone = self.box.berth("show", "web", "--user", "alice", check=False)
        self.assertNotEqual(gone.returncode, 0)

    def test_a_guest_that_powers_off_by_itself_is_not_lost(self):
        self.create()
        self.ssh("web", "alice", "echo kept >/root/note; sync; (sleep 1; poweroff) >/dev/null 2>&1 &")
        until("the session says that its machine stopped", lambda: self.show()["phase"] in ("failed", "stopped"), 60, 0.5)
        self.box.berth("start", "web", "--user", "alice")
        self.assertEqual(self.say("web", "alice", "cat /root/note"), "kept")


if __name__ == "__main__":
    main()
