"""The stream of events: complete, in order, and resumable."""
import json
import time

from box import Api
from promise import HostTest, main


class Stream:
    """Reads server-sent events."""

    def __init__(self, box, path, last=None, timeout=30):
        self.connection = Api(box.agent_socket, timeout)
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": str(last)} if last is not None else {})
        self.connection.request("GET", f"/api/v1/events{path}", headers=headers)
        self.response = self.connection.getresponse()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def __iter__(self):
        event = {}
        for line in self.response:
            line = line.decode().rstrip("\n").rstrip("\r")
            if line.startswith("data:") and "id" in event:
                event["data"] = json.loads(line[5:])
            elif ":" in line and not line.startswith(":"):
                field, _, value = line.partition(":")
                event[field] = value.strip()
            elif not line and "data" in event:
                yield event
                event = {}

    def until(self, kind, seconds=60):
        """The events up to the first of this kind."""
        seen, end = [], time.monotonic() + seconds
        for event in self:
            seen.append(event)
            if event["event"] == kind:
                return seen
            if time.monotonic() > end:
                break
        raise AssertionError(f"no {kind} in {[e['event'] for e in seen]}")


class Events(HostTest):
    def tearDown(self):
        self.terminate_all()

    def test_an_operations_stream_replays_it_and_ends(self):
        accepted = self.box.api("POST", "v1/sessions", self.body())
        operation = accepted.json["operation"]["id"]
        for _ in range(2):  # while it runs, and again when it is over
            with Stream(self.box, f"?operation={operation}", timeout=90) as stream:
                self.assertEqual(stream.response.status, 200)
                self.assertTrue(stream.response.headers["Content-Type"].startswith("text/event-stream"))
                events = list(stream)
            kinds = [e["event"] for e in events]
            self.assertEqual(kinds[-1], "operation.succeeded", kinds)
            self.assertIn("operation.progress", kinds)
            self.assertEqual({e["data"]["operation"] for e in events}, {operation})
            self.assertEqual([e["data"]["id"] for e in events], [int(e["id"]) for e in events])

    def test_a_stream_resumes_where_it_was_left(self):
        with Stream(self.box, "?after=0") as stream:
            self.create()
            first = stream.until("session.running")
        ids = [int(e["id"]) for e in first]
        self.assertEqual(ids, sorted(set(ids)))
        self.box.berth("stop", "web", "--user", "alice")
        with Stream(self.box, "", last=ids[-1]) as stream:
            more = stream.until("session.stopped")
        self.assertEqual(int(more[0]["id"]), ids[-1] + 1)
        middle = ids[len(ids) // 2]
        with Stream(self.box, f"?after={middle}") as stream:
            again = stream.until("session.stopped")
        self.assertEqual([e["id"] for e in again], [e["id"] for e in first + more if int(e["id"]) > middle])

    def test_events_survive_a_kill_without_a_gap(self):
        self.create()
        with Stream(self.box, "?after=0") as stream:
            last = int(stream.until("session.running")[-1]["id"])
        self.box.kill("berth-agent.service")
        self.box.wait_ready()
        self.box.berth("stop", "web", "--user", "alice")
        with Stream(self.box, "", last=last) as stream:
            ids = [int(e["id"]) for e in stream.until("session.stopped")]
        self.assertEqual(ids, list(range(last + 1, last + 1 + len(ids))))

    def test_a_users_stream_has_that_users_events_alone(self):
        self.box.berth("create", "web", "--user", "bob", "--image", "tiny", "--cpus", "1", "--memory", "128M",
                       "--disk", "256M")
        self.create()
        with Stream(self.box, "?user=alice&after=0") as stream:
            self.assertEqual({e["data"]["user"] for e in stream.until("session.running")}, {"alice"})


if __name__ == "__main__":
    main()
