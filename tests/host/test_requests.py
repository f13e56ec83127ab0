"""Whatever is sent to the agent's socket: a clear 4xx or the connection is cut, and others are served meanwhile."""
import concurrent.futures
import json
import resource
import select
import socket
import statistics
import threading
import time

from promise import HostTest, main, until

MIB = 1 << 20


class Requests(HostTest):
    def tearDown(self):
        self.assertEqual(self.box.api("GET", "/healthz").status, 200)
        self.assertEqual(self.sessions(), [])

    # what is sent

    def connection(self, timeout=20):
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(timeout)
        link.connect(str(self.box.agent_socket))
        return link

    def exchange(self, *pieces, timeout=20):
        """Sends pieces until the agent has had enough; returns all that it answers until it closes or falls silent."""
        with self.connection(timeout) as link:
            try:
                for piece in pieces:
                    link.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return self.read(link)

    @staticmethod
    def read(link):
        answer = b""
        try:
            while b"\r\n\r\n" not in answer or len(answer) < Requests.length(answer):
                part = link.recv(65536)
                if not part:
                    break
                answer += part
        except (ConnectionResetError, socket.timeout):
            pass
        return answer

    @staticmethod
    def length(answer):
        head, _, _ = answer.partition(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                return len(head) + 4 + int(line.split(b":")[1])
        return len(answer)

    @staticmethod
    def status(answer):
        """The status, 0 for a connection that was cut without one."""
        return int(answer.split()[1]) if answer.startswith(b"HTTP/1.") else 0

    @staticmethod
    def post(body, *headers, length=None):
        head = [b"POST /api/v1/sessions HTTP/1.1", b"Host: localhost", b"Content-Type: application/json",
                b"Content-Length: %d" % (len(body) if length is None else length), *headers]
        return b"\r\n".join(head) + b"\r\n\r\n" + body

    def refuse(self, body, code, *words):
        """The body of a create call is refused with the code and names what is wrong."""
        answer = self.box.api("POST", "v1/sessions", body if isinstance(body, bytes) else json.dumps(body).encode())
        self.assertIn(answer.status, range(400, 500), answer)
        self.assert_refused(answer, code, *words)

    # bodies

    def test_a_field_of_the_wrong_type_is_named(self):
        for field, wrong in (("cpus", "two"), ("cpus", 1.5), ("cpus", True), ("cpus", [1]), ("memory_bytes", "128M"),
                             ("name", 7), ("name", None), ("user", {"a": 1}), ("ssh_keys", "key"), ("ssh_keys", [1]),
                             ("ttl_seconds", "1h"), ("image", [])):
            with self.subTest(field=field, wrong=wrong):
                self.refuse(self.body(**{field: wrong}), "REQ_002", field)

    def test_numbers_out_of_range_are_named(self):
        for field, wrong in (("cpus", 0), ("cpus", -1), ("cpus", 10**6), ("cpus", 2**64), ("cpus", 10**400),
                             ("memory_bytes", -1), ("memory_bytes", 2**63), ("disk_bytes", 1), ("disk_bytes", 2**80),
                             ("ttl_seconds", 0), ("ttl_seconds", -5), ("ttl_seconds", 2**63)):
            with self.subTest(field=field, wrong=wrong):
                answer = self.box.api("POST", "v1/sessions", self.body(**{field: wrong}))
                self.assertIn(answer.json["code"], ("REQ_001", "REQ_002"), answer)
                if wrong != 10**400:
                    self.assertIn(field, answer.body.decode())

    def test_fields_that_are_unknown_missing_or_there_twice_are_named(self):
        self.refuse(self.body(colour="red"), "REQ_002", "colour")
        for field in ("user", "name", "image"):
            body = self.body()
            del body[field]
            self.refuse(body, "REQ_002", field)
        self.refuse(b'{"user":"alice","user":"bob","name":"web","image":"tiny"}', "REQ_002", "user")

    def test_what_is_no_json_is_refused(self):
        for wrong in (b"", b"{", b"nonsense", b'{"user":"alice"} more', b"[1,2", b"\x00", b"'single'", b'{"a":NaN}',
                      b'{"user":"\xff\xfe"}', b'{"user":"\xed\xa0\x80"}', b'\xef\xbb\xbf{}'):
            with self.subTest(wrong=wrong):
                self.refuse(wrong, "REQ_001")
        for wrong in (b"[]", b"1", b"null", b'"text"'):
            with self.subTest(wrong=wrong):
                answer = self.box.api("POST", "v1/sessions", wrong)
                self.assertIn(answer.json["code"], ("REQ_001", "REQ_002"), answer)

    def test_depth_of_100000_is_refused(self):
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            answer = self.exchange(self.post(opening * 100_000 + b"1" + closing * 100_000))
            self.assertIn(self.status(answer), (400, 413))

    def test_a_body_of_1_gib_is_refused_unread(self):
        head = self.post(b"", length=1 << 30)
        piece = b"x" * MIB
        sent = 0
        with self.connection() as link:
            link.sendall(head)
            try:
                while sent < 1024:
                    link.sendall(piece)
                    sent += 1
            except (BrokenPipeError, ConnectionResetError, socket.timeout):
                pass
            answer = self.read(link)
        self.assertLess(sent, 64, "the agent reads a body that it has refused")
        self.assertIn(self.status(answer), (0, 413))
        self.assert_small()

    # heads

    def test_heads_that_are_too_large_are_cut(self):
        for headers in ([b"X-%d: y" % n for n in range(100_000)], [b"X: " + b"y" * MIB * 4]):
            answer = self.exchange(b"GET /api/v1/sessions HTTP/1.1\r\nHost: a\r\n", b"\r\n".join(headers) + b"\r\n\r\n")
            self.assertIn(self.status(answer), (0, 400, 413, 414, 431))
        answer = self.exchange(b"GET /" + b"a" * MIB + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertIn(self.status(answer), (0, 400, 404, 413, 414, 431))
        self.assert_small()

    def test_what_is_no_http_is_refused(self):
        for wrong in (b"\r\n\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
                      b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET / HTTP/1.1\r\nA: b\0c\r\n\r\n"):
            with self.subTest(wrong=wrong):
                self.assertNotIn(self.status(self.exchange(wrong, timeout=15)), range(200, 400))

    def test_two_lengths_are_refused(self):
        body = json.dumps(self.body()).encode()
        chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        for request in (self.post(body, b"Transfer-Encoding: chunked"),
                        self.post(body, b"Content-Length: 3"),
                        b"POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked):
            with self.subTest(request=request[:200]):
                self.assertNotIn(self.status(self.exchange(request)), range(200, 400))

    def test_unknown_routes_and_methods(self):
        self.assert_refused(self.box.api("GET", "/api/v1/nothing"), "REQ_004")
        self.assert_refused(self.box.api("GET", "/../../etc/passwd"), "REQ_004")
        self.assert_refused(self.box.api("GET", "v1/sessions/%2e%2e%2fx"), "REQ_002")
        self.assert_refused(self.box.api("PUT", "v1/sessions"), "REQ_005")
        self.assert_refused(self.box.api("GET", "v1/sessions/00000000000000000000000000"), "RES_001")
        self.assert_refused(self.box.api("GET", "v1/sessions?limit=-1"), "REQ_002", "limit")
        self.assert_refused(self.box.api("GET", "v1/sessions?colour=red"), "REQ_002", "colour")

    # others are served meanwhile

    def latencies(self, during, seconds=4.0):
        """Milliseconds of each of many GETs while `during` goes on."""
        times, end = [], time.monotonic() + seconds
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            work = pool.submit(during)
            while time.monotonic() < end or not work.done():
                start = time.monotonic()
                self.assertEqual(self.box.api("GET", "v1/sessions", timeout=10).status, 200)
                times.append(1000 * (time.monotonic() - start))
                time.sleep(0.005)
                self.assertLess(time.monotonic(), end + 60, "the load does not end")
            work.result()
        return times

    def assert_others_are_served(self, load):
        times = self.latencies(load)
        p99 = statistics.quantiles(times, n=100)[98]
        print(f"{len(times)} requests, median {statistics.median(times):.1f} ms, p99 {p99:.1f} ms", flush=True)
        self.assertGreater(len(times), 100)
        self.assertLess(p99, 200)
        self.assert_small()

    def drip(self, connections):
        """Sends a head byte by byte on many connections for some seconds."""
        links = []
        try:
            for _ in range(connections):
                link = self.connection()
                link.setblocking(False)
                links.append(link)
            head = b"GET /api/v1/sessions HTTP/1.1\r\nHost: " + b"a" * 100
            for byte in range(12):
                for link in links:
                    try:
                        link.send(head[byte:byte + 1])
                    except OSError:
                        pass  # cut off, as it should be
                time.sleep(0.3)
        except OSError:
            pass  # no more connections are taken
        finally:
            for link in links:
                link.close()

    def test_dripping_heads_on_64_connections(self):
        self.assert_others_are_served(lambda: self.drip(64))

    def test_dripping_heads_on_1000_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
        until("the last test's connections are gone", lambda: self.box.ready(), 20)
        self.assert_others_are_served(lambda: self.drip(1000))

    def test_a_head_that_never_ends_is_cut(self):
        with self.connection(60) as link:
            link.sendall(b"GET /api/v1/sessions HTTP/1.1\r\nHost: a")
            start = time.monotonic()
            self.assertIn(self.status(self.read(link)), (0, 408))
            self.assertLess(time.monotonic() - start, 30)

    def test_idle_connections_do_not_stall_others(self):
        def idle():
            links = [self.connection() for _ in range(32)]
            for link in links:
                link.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                select.select([link], [], [], 5)
            time.sleep(2)
            for link in links:
                link.close()
        self.assert_others_are_served(idle)

    def test_wrong_requests_at_once_from_many(self):
        def load():
            wrong = self.post(b"[" * 10_000)
            def many():
                for _ in range(100):
                    self.assertIn(self.status(self.exchange(wrong)), (400, 413, 429, 503))
            threads = [threading.Thread(target=many) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assert_others_are_served(load)

    def assert_small(self):
        """The agent's memory has never been above 64 MB, and it is the agent that there was."""
        self.assertEqual(self.box.shell("systemctl show -P NRestarts berth-agent.service").strip(), "0")
        status = self.box.shell(f"grep VmHWM /proc/{self.box.pid('berth-agent.service')}/status")
        self.assertLess(int(status.split()[1]) * 1024, 64_000_000, status)


if __name__ == "__main__":
    main()
