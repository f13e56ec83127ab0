"""`berth` for programs: JSON on standard output, exit codes, and errors that say what to do next."""
import json

from promise import HostTest, main


class Command(HostTest):
    def tearDown(self):
        self.terminate_all()

    def code(self, *arguments):
        done = self.box.berth(*arguments, check=False)
        return done.returncode, done.stderr

    def test_every_answer_is_the_apis_own_json(self):
        created = self.box.berth_json("create", "web", "--user", "alice", "--image", "tiny", "--cpus", "1",
                                      "--memory", "128M", "--disk", "256M")
        session = created.get("session", created)
        self.assertEqual((session["name"], session["phase"]), ("web", "running"))
        self.assertEqual(self.show()["id"], session["id"])
        for command in (("list",), ("show", "web", "--user", "alice"), ("image", "list"), ("host", "check"),
                        ("key", "list", "web", "--user", "alice"),
                        ("extend", "web", "--by", "1h", "--user", "alice"),
                        ("stop", "web", "--user", "alice"), ("start", "web", "--user", "alice"),
                        ("terminate", "web", "--user", "alice")):
            with self.subTest(command=command):
                done = self.box.berth("--json", *command)
                self.assertTrue(json.loads(done.stdout))

    def test_failures_leave_standard_output_empty_and_tell_the_code(self):
        done = self.box.berth("--json", "create", "web", "--user", "alice", "--image", "none", check=False)
        self.assertEqual(done.stdout, "")
        self.assertIn("[RES_001]", done.stderr)

    def test_exit_codes(self):
        documented = self.box.berth("help", "exit-codes").stdout
        self.assertEqual(self.code("list")[0], 0)
        self.assertEqual(self.code("lst")[0], 2)
        self.assertEqual(self.code("create", "web", "--image", "tiny", "--memory", "much")[0], 2)
        self.assertEqual(self.code("show", "none", "--user", "alice")[0], 3)
        self.assertEqual(self.code("create", "web", "--user", "alice", "--image", "none")[0], 3)
        self.box.api("POST", "v1/sessions", self.body())
        self.assertEqual(self.code("create", "web", "--user", "alice", "--image", "tiny")[0], 4)
        self.assertEqual(self.code("list", "--socket", "/run/nothing.sock")[0], 5)
        for code in "0123456":
            self.assertIn(code, documented)

    def test_errors_say_what_to_do_next(self):
        self.assertIn("create", self.code("crate", "web")[1])
        self.assertIn("import", self.code("create", "web", "--user", "alice", "--image", "none")[1])
        self.box.shell("systemctl stop berth-agent.socket berth-agent.service")
        try:
            self.assertIn("systemctl", self.code("list")[1])
        finally:
            self.box.shell("systemctl start berth-agent.socket berth-agent.service")
            self.box.wait_ready()

    def test_a_table_for_people_is_aligned(self):
        self.create()
        lines = self.box.berth("list").stdout.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertEqual(lines[0].index("USER") if "USER" in lines[0] else lines[0].lower().index("user"),
                         lines[1].index("alice"))


if __name__ == "__main__":
    main()
