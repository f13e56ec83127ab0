"""usage: bench.py [start|api|memory]... [--write FILE]

Measures Berth in a host in a box, holds the figures to their bounds, and prints them; --write puts them, with the
method, into a file such as docs/BENCHMARKS.md.
"""
import contextlib
import ctypes
import json
import os
import pathlib
import platform
import re
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "host"))
import box as boxes  # noqa: E402
from box import TINY, TOP, UNITS, Box, until  # noqa: E402

ROUNDS = 5
BARE_HOST, BARE_GUEST = "10.99.0.1", "10.99.0.2"
CONNECTIONS, SECONDS = 8, 5
SESSIONS = 4
LOAD = TOP / "build" / "release" / "tests" / "bench" / "http_load"
CLONE_NEWNET = 0x40000000
BODY = {"user": "alice", "image": "tiny", "cpus": 1, "memory_bytes": 128 << 20, "disk_bytes": 256 << 20, "ssh_keys": []}


class Bound(Exception):
    """A figure that is not what was promised."""


def hold(text, figure, kept):
    print(f"{'ok    ' if kept else 'BROKEN'}  {text}: {figure}", flush=True)
    if not kept:
        raise Bound(f"{text}: {figure}")


def ask_often():
    """Has the host look for neighbours every 20 ms: by default a guest that is up may go unseen for a second."""
    for card in pathlib.Path("/proc/sys/net/ipv4/neigh").iterdir():
        with contextlib.suppress(OSError):  # a bridge that goes
            (card / "retrans_time_ms").write_text("20")


def greeted(address, port):
    """Whether an SSH server says its banner."""
    ask_often()
    try:
        with socket.create_connection((address, port), timeout=0.1) as link:
            link.settimeout(5)  # a guest that took the connection answers
            return link.recv(4) == b"SSH-"
    except OSError:
        return False


def enter_network(box):
    """Moves this process into the box's network, so that it reaches guests as the host does."""
    with open(f"/proc/{box.leader}/ns/net", encoding="ascii") as net:
        if ctypes.CDLL(None, use_errno=True).setns(net.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def berth_start(box, number):
    """Seconds from the create call to the banner."""
    start = time.monotonic()
    session = box.api("POST", "v1/sessions", {**BODY, "name": f"bench-{number}"}).json["session"]
    address = session["machines"][0]["address"]
    until("the machine greets", lambda: greeted(address, 22), 120, 0.02)
    return time.monotonic() - start, session["id"]


def bare_argument(option, value, files):
    """One of libvirt's options as the bare QEMU gets it: files under names of its own, the disk plain; None: left out."""
    for old, new in files.items():
        value = value.replace(old, new)
    if option in ("-S", "-name", "-mon") or value.startswith("socket,id=charmonitor") or '"qom-type":"secret"' in value:
        return None
    if option == "-blockdev":
        block = json.loads(value)
        block.pop("encrypt", None)
        return json.dumps(block)
    if option == "-netdev":
        return json.dumps({"type": "tap", "id": json.loads(value)["id"], "ifname": "bare1", "script": "no", "downscript": "no"})
    if value.startswith("pty,"):
        return value.replace("pty,", "file,") + ",path=/root/bare/console"
    return re.sub(r"fd=\d+", "path=/root/bare/channel", value)


def like_the_running(box):
    """The command line of the QEMU that libvirt runs, to be run again without libvirt; its files are kept in /root/bare."""
    program, *line = box.shell("cat /proc/$(pgrep -n qemu-system)/cmdline").rstrip("\0").split("\0")
    pairs = []
    for part in line:
        if part.startswith("-"):
            pairs.append((part, ""))
        else:
            pairs[-1] = (pairs[-1][0], part)
    blocks = [json.loads(value) for option, value in pairs if option == "-blockdev"]
    name = {block["node-name"]: block["filename"] for block in blocks if "filename" in block}
    image, root, seed = (name[f"libvirt-{number}-storage"] for number in (3, 2, 1))
    files = {root: "/root/bare/root.qcow2", seed: "/root/bare/seed.iso"}
    files |= {value: f"/root/bare/{option[1:]}" for option, value in pairs if option in ("-kernel", "-initrd")}
    box.shell("rm -rf /root/bare; mkdir /root/bare; "
              + "".join(f"cp {old} {new}; " for old, new in files.items() if old != root)
              + f"qemu-img create -q -f qcow2 -F raw -b {image} /root/bare/root.qcow2 256M")
    kept = [(option, bare_argument(option, value, files)) for option, value in pairs]
    return [program, *(part for pair in kept if pair[1] is not None for part in pair if part), "-pidfile", "/root/bare/pid"]


@contextlib.contextmanager
def bare_network(box):
    """A bridge with a DHCP server, like a user's network."""
    box.shell(f"ip link add bare0 type bridge; ip address add {BARE_HOST}/24 dev bare0; ip link set bare0 up; "
              "ip tuntap add bare1 mode tap; ip link set bare1 master bare0 up; "
              "dnsmasq --conf-file=/dev/null --user=root --port=0 --interface=bare0 --bind-interfaces --no-ping --leasefile-ro "
              f"--dhcp-range={BARE_GUEST},{BARE_GUEST} --pid-file=/root/bare/dnsmasq.pid")
    try:
        yield
    finally:
        box.shell("kill $(cat /root/bare/dnsmasq.pid); ip link delete bare1; ip link delete bare0", check=False)


def bare_start(box, command):
    """Seconds from the start of the bare QEMU to the banner of its guest."""
    with bare_network(box):
        start = time.monotonic()
        with subprocess.Popen([boxes.BOX, "run", box.name, "--", *command], stdin=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as child:
            try:
                until("the bare QEMU's guest greets", lambda: greeted(BARE_GUEST, 22), 120, 0.02)
                return time.monotonic() - start
            except boxes.Failure as fault:
                raise boxes.Failure(f"{fault}; QEMU {'runs' if child.poll() is None else 'ended'}; "
                                    + box.shell("cd /root/bare; tail -n 40 console; ip neigh; ip -s link", check=False)) from None
            finally:
                box.shell("kill $(cat /root/bare/pid)", check=False)
                child.wait(timeout=20)


def end(box, session):
    box.operation(box.api("DELETE", f"v1/sessions/{session}"))
    box.wait_clean()


def start_in_turn(box, number, ours, bare):
    """One start of each; only one guest at a time has the processors."""
    seconds, session = berth_start(box, number)
    until("the session runs", lambda: box.api("GET", f"v1/sessions/{session}").json["phase"] == "running", 60)
    command = like_the_running(box)
    box.berth("stop", session)
    ours.append(seconds)
    bare.append(bare_start(box, command))
    end(box, session)


def in_bound(ours, bare):
    return statistics.median(ours) <= 1.15 * statistics.median(bare) + 0.5


def measure_start(box):
    ours, bare = [], []
    while len(ours) < ROUNDS or (len(ours) < 3 * ROUNDS and not in_bound(ours, bare)):  # more where noise may have decided
        start_in_turn(box, len(ours), ours, bare)
    ours_median, bare_median = statistics.median(ours), statistics.median(bare)
    hold("cold start of tiny, create call to SSH answering", f"{ours_median:.2f} s; a bare QEMU {bare_median:.2f} s "
         f"(ratio {ours_median / bare_median:.2f}, {len(ours)} starts of each)", in_bound(ours, bare))
    return [("cold start of `tiny`, create call to SSH banner, median of %d" % len(ours), f"{ours_median:.2f} s"),
            ("bare QEMU, same arguments", f"{bare_median:.2f} s"),
            ("ratio (bound: 1.15 times plus 0.5 s)", f"{ours_median / bare_median:.2f}")]


def measure_api(box):
    _, session = berth_start(box, 0)
    until("the session runs", lambda: box.api("GET", f"v1/sessions/{session}").json["phase"] == "running", 60)
    box.berth("stop", session)
    got = json.loads(boxes.run([LOAD, box.agent_socket, f"/api/v1/sessions/{session}", "--connections", str(CONNECTIONS),
                                "--seconds", str(SECONDS)]).stdout)
    end(box, session)
    hold("GET of a session at 8 connections", f"{got['requests_per_second']:.0f}/s, median {got['median_us']:.0f} us, "
         f"p99 {got['p99_us']:.0f} us", got["requests_per_second"] >= 20_000)
    return [(f"GET of a session, {CONNECTIONS} connections", f"{got['requests_per_second']:.0f}/s"),
            ("median", f"{got['median_us']:.0f} us"), ("99th percentile", f"{got['p99_us']:.0f} us")]


def pss(box, unit):
    """Kilobytes."""
    return int(re.search(r"^Pss: +(\d+)", box.shell(f"cat /proc/{box.pid(unit)}/smaps_rollup"), re.M).group(1))


def measure_memory(box):
    box.run("systemctl", "restart", *UNITS)
    box.wait_ready()
    time.sleep(2)  # what starts with the daemons ends
    rest = {unit: pss(box, unit) for unit in UNITS}
    sessions = [berth_start(box, number)[1] for number in range(SESSIONS)]
    for session in sessions:
        until("it runs", lambda s=session: box.api("GET", f"v1/sessions/{s}").json["phase"] == "running", 120)
    loaded = {unit: pss(box, unit) for unit in UNITS}
    for session in sessions:
        box.operation(box.api("DELETE", f"v1/sessions/{session}"))
    rows = []
    for unit in UNITS:
        more = (loaded[unit] - rest[unit]) / SESSIONS
        rows += [(f"{unit} at rest, PSS (bound: 15 MB)", f"{rest[unit] / 1000:.1f} MB"),
                 (f"{unit}, more a session (bound: 1 MB)", f"{more / 1000:.2f} MB")]
    for unit in UNITS:
        hold(f"{unit} at rest", f"{rest[unit]} kB", rest[unit] < 15_000)
        hold(f"{unit}, more a session", f"{(loaded[unit] - rest[unit]) / SESSIONS:.0f} kB",
             (loaded[unit] - rest[unit]) / SESSIONS < 1000)
    return rows


METHOD = {
    "start": "From the POST to the first bytes of the guest's SSH banner, seen from the host, against the same QEMU command line "
             "started by hand in the same box: libvirt's arguments, but the disk is an overlay without encryption and the card "
             "a tap on a bridge with a DHCP server. One guest at a time.",
    "api": f"`tests/bench/http_load`: one thread a connection on the agent's unix socket, keep-alive, {SECONDS} s, on the "
           "machine that also runs the agent.",
    "memory": f"`Pss` of /proc/PID/smaps_rollup, before and with {SESSIONS} running sessions.",
}
TITLES = {"start": "Cold start", "api": "API", "memory": "Memory of the daemons"}


def write(file, figures):
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text()).group(1)
    lines = ["# Benchmarks", "", "Measured by `tests/bench/bench.py --write docs/BENCHMARKS.md` in a host in a box; guests are emulated. "
             f"Machine: {os.cpu_count()} x {processor}, Linux {platform.release()}. Ratios travel, absolute times do not.", ""]
    for kind, rows in figures.items():
        lines += [f"## {TITLES[kind]}", "", METHOD[kind], "", "| figure | value |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in rows] + [""]
    pathlib.Path(file).write_text("\n".join(lines).rstrip() + "\n")


def main(arguments):
    file = arguments.pop(arguments.index("--write") + 1) if "--write" in arguments else None
    kinds = [a for a in arguments if a != "--write"] or list(TITLES)
    if any(kind not in TITLES for kind in kinds):
        print(__doc__)
        return 2
    if without := boxes.missing():
        print(f"skipped: this needs {without}")
        return 1 if os.environ.get("CI") == "true" else 77
    box = Box(f"bench-{kinds[0]}")
    measures = {"start": measure_start, "api": measure_api, "memory": measure_memory}
    try:
        box.start()
        box.berth("image", "import", box.carry(TINY), "--name", "tiny")
        enter_network(box)
        figures = {kind: measures[kind](box) for kind in kinds}
    except (Bound, boxes.Failure) as fault:
        print(f"FAILED: {fault}", file=sys.stderr)
        return 1
    finally:
        box.stop()
    if file:
        write(file, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
