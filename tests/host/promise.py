"""What every file of the host tier stands on: one box for the file, and a summary of the daemons' words on a failure."""
import concurrent.futures
import os
import pathlib
import sys
import time
import unittest

import box as boxes
from box import SMALL, TINY, Box, Failure, until  # noqa: F401  for the files that import from here

SKIPPED = 77  # what ctest takes for a skip


class HostTest(unittest.TestCase):
    """A box, started once for the class, with the image `tiny` imported."""

    state_size = None
    settings = {"hypervisor": {"allow_emulation": "yes"}}

    @classmethod
    def setUpClass(cls):
        cls.box = Box(f"test-{pathlib.Path(sys.argv[0]).stem.removeprefix('test_').replace('_', '-')}")
        cls.addClassCleanup(cls.box.stop)
        cls.box.start(state_size=cls.state_size, settings=cls.settings)
        cls.box.berth("image", "import", cls.box.carry(TINY), "--name", "tiny")

    def setUp(self):
        self.since = time.strftime("@%s")

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            print(f"--- the daemons while {self.id()} ran:", file=sys.stderr)
            print(self.box.journal("--since", getattr(self, "since", "@0"), "-o", "short-precise", "-n", "80",
                                   "-u", "berth-agent", "-u", "berth-hypervisor"), file=sys.stderr)

    # sessions

    def create(self, name="web", user="alice", *more):
        """Creates a session through the command, waits for it, and returns what `show` says about it."""
        self.box.berth("create", name, "--user", user, "--image", "tiny", *SMALL, *more)
        return self.show(name, user)

    def show(self, name="web", user="alice"):
        return self.box.berth_json("show", name, "--user", user)

    def ssh(self, name, user, *command, **options):
        """Runs a command in the guest."""
        return self.box.berth("ssh", name, "--user", user, "--", *command, **options)

    def say(self, name, user, script, **options):
        """What a shell script prints in the guest."""
        return self.ssh(name, user, script, **options).stdout.strip()

    def body(self, name="web", user="alice", **more):
        """The body of a request that creates a small session."""
        mib = 1 << 20
        return {"user": user, "name": name, "image": "tiny", "cpus": 1, "memory_bytes": 128 * mib, "disk_bytes": 256 * mib,
                "ssh_keys": [], **more}

    def upload(self, query, data):
        """The answer to an upload of an image; asks again while others, or what is left of them, are under way."""
        def answered():
            answer = self.box.api("POST", f"v1/images?{query}", data)
            return answer if answer.status != 503 else None
        return until("the upload is answered", answered)

    def sessions(self):
        return self.box.api("GET", "v1/sessions").json["items"]

    def terminate_all(self):
        """Ends all sessions, whatever state they are in, and checks that nothing is left."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda s: self.box.operation(self.box.api("DELETE", f"v1/sessions/{s['id']}")), self.sessions()))
        self.box.wait_clean()

    def assert_refused(self, answer, code, *words):
        """The answer is the error with that code, in the documented form, and says these words."""
        error = answer.json
        self.assertEqual(error["code"], code, answer)
        self.assertLessEqual({"code", "message", "details", "timestamp", "request_id"}, set(error))
        for word in words:
            self.assertIn(word, answer.body.decode())


def main():
    """Runs the file's tests; says what is missing and skips, or under CI=true fails, on a machine that cannot."""
    if without := boxes.missing():
        print(f"skipped: this needs {without}")
        sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)
    unittest.main(module="__main__", verbosity=2)
