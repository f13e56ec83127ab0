"""No key on the host shows up in the journal, in a process' command line or environment, or in the agent's database."""
import base64
import os
import pathlib
import re
import threading

import keyring
from promise import HostTest, main


class Processes(threading.Thread):
    """Reads what every process of the box was started with, again and again."""

    def __init__(self, box):
        super().__init__()
        self.home, self.seen, self.done = os.readlink(f"/proc/{box.leader}/ns/pid"), {"cmdline": set(), "environ": set()}, False

    def look(self):
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "ns/pid") == self.home:
                    for what, found in self.seen.items():
                        found.add((process / what).read_bytes())
            except OSError:
                pass  # it has ended

    def run(self):
        while not self.done:
            self.look()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done = True
        self.join()

    def words(self):
        return {what: b"\n".join(found) for what, found in self.seen.items()}


class Secrets(HostTest):
    def places(self, processes):
        """All that a key must not be in, by name."""
        folder = "/var/lib/berth/agent"
        self.box.run("journalctl", "--sync")
        return {"journal": self.box.run("journalctl", "--output=export", "--all", "--no-pager", text=False).stdout,
                "database": self.box.run("sh", "-c", f"cat {folder}/*", text=False).stdout,
                **processes.words()}

    @staticmethod
    def showing(places, secret):
        """Those of the places that show it, with or without line breaks in it."""
        return {place for place, data in places.items()
                if any(form in data or form in re.sub(rb"\s", b"", data) for form in keyring.forms(secret))}

    def test_keys_are_seen_nowhere(self):
        with Processes(self.box) as processes:
            self.create("web", "alice")
            self.box.shell("rm -f /root/more*; ssh-keygen -q -t ed25519 -N '' -C more -f /root/more")
            self.box.berth("key", "add", "web", "/root/more.pub", "--user", "alice")
            self.box.berth("stop", "web", "--user", "alice")
            self.box.run("systemctl", "restart", "berth-hypervisor")
            self.box.wait_ready()
            self.box.berth("start", "web", "--user", "alice")
            self.create("web", "bob")
        secrets = keyring.secrets_of(self.box)
        self.assertEqual(len(set(secrets.values())), 7)  # the host's; of both: the user's, the volume's, the machine's
        places = self.places(processes)
        for name, secret in secrets.items():
            with self.subTest(secret=name):
                self.assertEqual(self.showing(places, secret), set())
        self.terminate_all()

    def test_a_key_that_shows_would_be_noticed(self):
        """The control: one that is planted in every place is found in every place."""
        planted = os.urandom(32)
        self.assertEqual(self.showing(self.places(Processes(self.box)), planted), set())
        self.box.shell(f"rm -f /root/planted*; ssh-keygen -q -t ed25519 -N '' -C {planted.hex()} -f /root/planted")
        line = self.box.shell("cat /root/planted.pub").strip()
        accepted = self.box.api("POST", "v1/sessions", self.body(ssh_keys=[line]))
        with Processes(self.box) as processes:
            self.box.run("env", f"KEY={planted.hex()}", "sh", "-c", "sleep 1; logger $0", planted.hex())
        places = self.places(processes)
        self.box.operation(self.box.api("DELETE", f"v1/sessions/{accepted.json['session']['id']}"))
        self.assertEqual(self.showing(places, planted), set(places))

    def test_a_key_is_known_in_every_form(self):
        key = os.urandom(32)
        texts = [key, key.hex().encode(), key.hex().upper().encode(), base64.b64encode(key.hex().encode())]
        texts += [base64.encodebytes(os.urandom(before) + key + os.urandom(50)) for before in (50, 51, 52)]
        for text in texts:
            self.assertEqual(self.showing({"here": b"before " + text + b" after"}, key), {"here"}, text)
            self.assertEqual(self.showing({"here": b"before " + text + b" after"}, os.urandom(32)), set())


if __name__ == "__main__":
    main()
