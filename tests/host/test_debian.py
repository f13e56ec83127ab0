"""A full Debian 12 with systemd, cloud-init and OpenSSH as a guest."""
import os
import sys

import box as boxes
from promise import SKIPPED, HostTest, main


class Debian(HostTest):
    def test_a_day_of_a_debian(self):
        self.box.berth("image", "import", self.box.carry(boxes.DEBIAN), "--name", "debian-12", timeout=300)
        self.box.berth("create", "web", "--user", "alice", "--image", "debian-12", "--cpus", "1", "--memory", "512M",
                       "--disk", "4G", timeout=400)
        self.assertEqual(self.say("web", "alice", "id -un; hostname; . /etc/os-release; echo $VERSION_CODENAME"),
                         "root\nweb\nbookworm")
        self.assertIn(self.say("web", "alice", "systemctl is-system-running --wait"), ("running",))
        self.assertGreater(int(self.say("web", "alice", "df --output=size -B1 / | tail -n 1")), 3 << 30)
        self.box.shell("ssh-keygen -q -t ed25519 -N '' -C second -f /root/second")
        self.box.berth("key", "add", "web", "/root/second.pub", "--user", "alice")
        self.assertIn(" second", self.say("web", "alice", "cat /root/.ssh/authorized_keys"))
        self.ssh("web", "alice", "echo kept >/root/note; sync")
        self.box.berth("stop", "web", "--user", "alice")
        self.box.berth("start", "web", "--user", "alice", timeout=400)
        self.assertEqual(self.say("web", "alice", "cat /root/note"), "kept")
        self.terminate_all()


if __name__ == "__main__":
    if not boxes.DEBIAN.exists() and not boxes.missing():
        print(f"skipped: this needs {boxes.DEBIAN} (images/debian-12/build {boxes.DEBIAN})")
        sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)
    main()
