"""Limits hold, also for requests that come at the same time."""
import concurrent.futures

from promise import HostTest, main


class Quotas(HostTest):
    # More processors than this machine has: the user's limit is what is tested, not the host's.
    settings = {**HostTest.settings, "agent": {"host_cpus": 64}}

    def tearDown(self):
        self.terminate_all()

    def test_20_creates_at_once_with_a_quota_of_10_give_exactly_10(self):
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda n: self.box.api("POST", "v1/sessions", self.body(f"web-{n}")), range(20)))
        taken = [a for a in answers if a.status == 202]
        refused = [a for a in answers if a.status != 202]
        self.assertEqual((len(taken), len(refused)), (10, 10))
        for answer in refused:
            self.assert_refused(answer, "RES_002")
        self.assertEqual(len(self.sessions()), 10)
        self.assertEqual(len({m["address"] for s in self.sessions() for m in s["machines"]}), 10)
        # Another user is not held up, and what ends makes room.
        self.assertEqual(self.box.api("POST", "v1/sessions", self.body("web", "bob")).status, 202)
        self.box.operation(self.box.api("DELETE", f"v1/sessions/{taken[0].json['session']['id']}"))
        self.assertEqual(self.box.api("POST", "v1/sessions", self.body("web-x")).status, 202)

    def test_the_same_name_twice_is_refused_and_another_user_may_have_it(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: self.box.api("POST", "v1/sessions", self.body("web")), range(8)))
        self.assertEqual(sorted(a.status for a in answers), [202] + [409] * 7)
        self.assertEqual(self.box.api("POST", "v1/sessions", self.body("web", "bob")).status, 202)

    def test_a_repeated_request_with_the_same_key_is_one_session(self):
        headers = {"Idempotency-Key": "once"}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: self.box.api("POST", "v1/sessions", self.body(), headers), range(8)))
        self.assertEqual({a.status for a in answers}, {202})
        self.assertEqual(len({a.json["session"]["id"] for a in answers}), 1)
        self.assert_refused(self.box.api("POST", "v1/sessions", self.body("other"), headers), "REQ_007")

    def test_memory_and_disk_count(self):
        gib = 1 << 30
        self.assert_refused(self.box.api("POST", "v1/sessions", self.body(memory_bytes=1024 * gib)), "RES_002", "memory")
        self.assert_refused(self.box.api("POST", "v1/sessions", self.body(disk_bytes=1024 * gib)), "RES_002", "disk")
        self.assert_refused(self.box.api("POST", "v1/sessions", self.body(cpus=128)), "RES_002", "cpus")


if __name__ == "__main__":
    main()
