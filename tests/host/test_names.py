"""Names that are none are refused, by the command and by the API, and the refusal states the rule."""
from promise import HostTest, main

WRONG = ("", ".", "..", "a/b", "../../etc/passwd", "a.b", "a b", " a", "a\tb", "a\nb", "a\x1b[31m", "Web", "1web", "-web", "web-",
         "a" * 33, "x" * 300, "größe", "сервер", "网", "a\u202eb", "web\u0000", "%2e%2e", "$(id)", "a;b", "_x")


class Names(HostTest):
    def test_the_api_refuses_them(self):
        for field in ("name", "user"):
            for wrong in WRONG:
                with self.subTest(field=field, wrong=wrong):
                    answer = self.box.api("POST", "v1/sessions", self.body(**{field: wrong}))
                    self.assert_refused(answer, "REQ_002", field, "32")
                    self.assertEqual(answer.status, 400)
        self.assertEqual(self.sessions(), [])

    def test_the_command_refuses_them(self):
        for wrong in WRONG:
            if "\0" in wrong or not wrong or wrong.startswith("-"):
                continue  # cannot be an argument, or is an option
            with self.subTest(wrong=wrong):
                done = self.box.berth("create", wrong, "--user", "alice", "--image", "tiny", check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("32", done.stderr)
                self.assertNotIn("\x1b", done.stderr)
        self.assertEqual(self.sessions(), [])
        self.box.wait_clean()

    def test_images_names_may_have_dots_and_nothing_else_beside(self):
        for wrong in ("..", "a/b", ".hidden", "a..b", "A", "a b", "x" * 300):
            with self.subTest(wrong=wrong):
                answer = self.upload(f"format=raw&name={wrong.replace(' ', '%20')}", b"x" * 512)
                self.assert_refused(answer, "REQ_002", "name")

    def test_the_longest_and_shortest_names_are_taken(self):
        for name in ("a", "a" * 32, "web-2"):
            accepted = self.box.api("POST", "v1/sessions", self.body(name))
            self.assertEqual(accepted.status, 202, accepted)
        self.terminate_all()


if __name__ == "__main__":
    main()
