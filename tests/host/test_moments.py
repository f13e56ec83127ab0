"""Either daemon is killed at random moments of a session's life; every operation ends done or undone."""
import http.client
import os
import random
import time

from promise import HostTest, main, until

MOMENTS = int(os.environ.get("BERTH_KILL_MOMENTS", "30"))  # of each daemon


class Killer:
    """Kills a daemon at random moments while a session lives through its life."""

    def __init__(self, test, unit, seed):
        self.test, self.box, self.unit, self.random = test, test.box, unit, random.Random(seed)
        self.kills = 0

    def request(self, method, path, body=None, key=None):
        """Asks again for as long as the agent is away, as a client with an Idempotency-Key may."""
        headers = {"Idempotency-Key": key} if key else {}

        def answered():
            try:
                answer = self.box.api(method, path, body, headers)
            except (OSError, http.client.HTTPException):
                return None
            return None if answer.status == 503 else answer
        return until(f"an answer to {method} {path}", answered, 60, 0.05)

    def during(self, accepted, longest):
        """Kills once within the operation, waits for its end, and returns it."""
        self.test.assertEqual(accepted.status, 202, accepted)
        time.sleep(self.random.uniform(0, longest))
        self.box.kill(self.unit)
        self.kills += 1
        return self.box.wait_operation(accepted.json["operation"]["id"], 120)

    def life(self, number):
        name = f"life-{number}"
        accepted = self.request("POST", "v1/sessions", self.test.body(name), key=f"{self.unit}-{number}")
        created = self.during(accepted, 8)
        session = f"v1/sessions/{accepted.json['session']['id']}"
        if created["state"] == "succeeded":
            self.test.assertEqual(self.request("GET", session).json["phase"], "running")
            for action, phase, longest in (("stop", "stopped", 2), ("start", "running", 8)):
                done = self.during(self.request("POST", f"{session}/actions/{action}"), longest)
                self.test.assertEqual(done["state"], "succeeded", done)
                self.test.assertEqual(self.request("GET", session).json["phase"], phase)
        gone = self.request("DELETE", session)
        if gone.status != 404:
            self.test.assertEqual(self.during(gone, 2)["state"], "succeeded")
        self.test.assertEqual(self.request("GET", session).status, 404)


class RandomMoments(HostTest):
    """Nothing is left over, and another guest never notices."""

    def lives(self, unit):
        seed = os.environ.get("BERTH_SEED", os.urandom(4).hex())
        print(f"BERTH_SEED={seed}", flush=True)
        killer = Killer(self, unit, f"{seed}-{unit}")
        self.create("witness", "bob")
        boot = self.say("witness", "bob", "cat /proc/sys/kernel/random/boot_id")
        number = 0
        while killer.kills < MOMENTS:
            killer.life(number)
            number += 1
        self.box.wait_ready()
        self.assertEqual(self.say("witness", "bob", "cat /proc/sys/kernel/random/boot_id"), boot)
        self.assertEqual([s["name"] for s in self.sessions()], ["witness"])
        self.terminate_all()

    def test_agent(self):
        self.lives("berth-agent.service")

    def test_hypervisor(self):
        self.lives("berth-hypervisor.service")


if __name__ == "__main__":
    main()
