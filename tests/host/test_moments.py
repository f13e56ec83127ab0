"""Either daemon is killed at random moments within creations, stops and terminations; afterwards what was acknowledged is what is."""
import datetime
import http.client
import os
import random
import time

from box import UNITS, run
from promise import HostTest, main, until

MOMENTS = int(os.environ.get("BERTH_KILL_MOMENTS", "30"))  # of each kind, the daemons taking turns
KINDS = ("create", "stop", "terminate")


def seconds(moment):
    return datetime.datetime.fromisoformat(moment).timestamp()


class Killer:
    """Kills the daemons in turn, at moments that are spread over the length of the operations of each kind."""

    def __init__(self, test, seed):
        self.test, self.box, self.random = test, test.box, random.Random(seed)
        # Parts of an operation's length, the earliest first.
        self.moments = {kind: [(n + self.random.random()) / MOMENTS for n in range(MOMENTS)] for kind in KINDS}
        self.lengths = {}  # seconds, of operations that nobody disturbs, by kind and by the phase that they begin in
        self.kills = {(kind, unit): 0 for kind in KINDS for unit in UNITS}
        self.late = 0

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

    def pid(self, unit):
        """The daemon's process as this machine numbers it, so that it can be killed at a moment that is known."""
        program = f"^/usr/sbin/{unit.removesuffix('.service')}"
        return int(run(["pgrep", "-P", self.box.leader, "-f", program], check=False).stdout or 0)

    def measure(self, kind, phase, accepted):
        """Waits for the end of an operation that is left alone, and notes how long it took."""
        ended = self.box.operation(accepted)
        self.lengths[kind, phase] = seconds(ended["finished_at"]) - seconds(ended["created_at"])
        return ended

    def kill_within(self, kind, phase, ask, early=False):
        """Kills a daemon within the operation that `ask` begins, while moments of the kind are left; gives what was answered,
        and a function that waits for the operation's end. Early: at the earliest of the moments that are left."""
        if not self.moments[kind]:
            accepted = ask()
            return accepted, lambda: self.box.operation(accepted)
        unit = min(UNITS, key=lambda unit: self.kills[kind, unit])
        part = self.moments[kind].pop(0 if early else -1)
        pid = until(f"{unit} runs", lambda: self.pid(unit))
        accepted = ask()
        self.test.assertEqual(accepted.status, 202, accepted)
        time.sleep(part * self.lengths[kind, phase])
        os.kill(pid, 9)
        killed = time.time()
        until(f"{unit} runs again", lambda: self.pid(unit) not in (0, pid))

        def ended():
            operation = self.box.operation(accepted)
            if seconds(operation["finished_at"]) > killed:
                self.kills[kind, unit] += 1
            else:  # it came too late, and another takes its place
                self.late += 1
                self.moments[kind] = sorted([*self.moments[kind], self.random.random()])
            return operation
        return accepted, ended


class RandomMoments(HostTest):
    def measure(self):
        """The lengths of undisturbed operations, from two sessions: one that is stopped before its end, and one that is not."""
        for phases in (("running",), ("running", "stopped")):
            accepted = self.killer.request("POST", "v1/sessions", self.body("measured"))
            self.killer.measure("create", "new", accepted)
            session = f"v1/sessions/{accepted.json['session']['id']}"
            if "stopped" in phases:
                self.killer.measure("stop", "running", self.killer.request("POST", f"{session}/actions/stop"))
            self.killer.measure("terminate", phases[-1], self.killer.request("DELETE", session))

    def ask(self, method, path="", body=None, key=None):
        return self.killer.request(method, f"{self.session}{path}", body, key)

    def assert_phase(self, phase):
        self.assertEqual(self.ask("GET").json["phase"], phase)

    def assert_gone(self):
        """Of the session nothing is left; all that is there is the witness'."""
        self.assertEqual(self.ask("GET").status, 404)
        until("the host has the witness alone", lambda: sorted(self.box.belongings()) == self.of_the_witness, 20, 0.2)

    def begin(self, number, early):
        """Creates a session; returns the operation's path, and what waits for its end."""
        self.session = "v1/sessions"
        accepted, ended = self.killer.kill_within("create", "new", lambda: self.ask(
            "POST", "", self.body(f"life-{number}"), f"life-{number}"), early)
        self.session = f"v1/sessions/{accepted.json['session']['id']}"
        return f"v1/operations/{accepted.json['operation']['id']}", ended

    def stop(self):
        _, ended = self.killer.kill_within("stop", "running", lambda: self.ask("POST", "/actions/stop"))
        self.assertEqual(ended()["state"], "succeeded")
        self.assert_phase("stopped")

    def start(self):
        self.assertEqual(self.box.operation(self.ask("POST", "/actions/start"))["state"], "succeeded")
        self.assert_phase("running")

    def terminate(self, phase):
        _, ended = self.killer.kill_within("terminate", phase, lambda: self.ask("DELETE"))
        self.assertEqual(ended()["state"], "succeeded")
        self.assert_gone()

    def machine_runs(self, operation):
        """Whether all steps of a creation are done, up to the wait for the machine's answer."""
        progress = self.killer.request("GET", operation).json
        self.assertEqual(progress["state"], "running", progress)
        return progress["steps_done"] == progress["steps_total"] - 1

    def short_life(self, number):
        """Ended before its machine answers, so that early moments cost no boot."""
        operation, created = self.begin(number, early=True)
        until("the machine runs", lambda: self.machine_runs(operation), 60)
        self.terminate("running")
        operation = created()
        self.assertEqual((operation["state"], operation["error"]["code"]), ("failed", "RES_010"), operation)

    def long_life(self, number):
        created = self.begin(number, early=False)[1]()
        self.assertEqual(created["state"], "succeeded", created)
        self.assert_phase("running")
        self.stop()
        if number % 2:
            self.start()
            self.terminate("running")
            return
        self.start()
        self.stop()
        self.terminate("stopped")

    def witness(self):
        """What changes when the witness' machine is stopped, or another one takes its place."""
        machine = self.show("witness", "bob")["machines"][0]["id"]
        return (self.box.shell(f"ps -o pid=,lstart= -p $(pgrep -f [g]uest=berth-{machine},)"),
                self.say("witness", "bob", "cat /proc/sys/kernel/random/boot_id"))

    def test_kills_within_creations_stops_and_terminations(self):
        seed = os.environ.get("BERTH_SEED", os.urandom(4).hex())
        self.killer = Killer(self, seed)
        self.create("witness", "bob")
        before, self.of_the_witness = self.witness(), sorted(self.box.belongings())
        self.measure()
        print(f"BERTH_SEED={seed}", {f"{k} {p}": f"{s:.2f} s" for (k, p), s in self.killer.lengths.items()}, flush=True)
        number = 0
        while any(self.killer.moments.values()):
            number += 1
            self.assertLess(number, 2 * MOMENTS, f"{self.killer.late} kills came too late")
            short = not self.killer.moments["stop"] or (number % 3 == 0 and self.killer.moments["create"])
            (self.short_life if short else self.long_life)(number)
        print(self.killer.kills, f"and {self.killer.late} that came too late", flush=True)
        self.box.wait_ready()
        self.assertEqual(self.witness(), before)
        self.assertEqual([s["name"] for s in self.sessions()], ["witness"])
        self.terminate_all()


if __name__ == "__main__":
    main()
