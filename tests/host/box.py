"""A host in a box with Berth installed in it, as tests and tools/try drive it."""
import fcntl
import http.client
import json
import os
import pathlib
import shlex
import signal
import socket
import subprocess
import time

from firewall_world import socket_in

TOP = pathlib.Path(__file__).resolve().parents[2]
BOX = TOP / "tools" / "box"
PACKAGES = TOP / "build" / "release"
TINY = TOP / "build" / "images" / "tiny.tar"
DEBIAN = TOP / "build" / "images" / "debian-12.tar"
UNITS = ("berth-hypervisor.service", "berth-agent.service")
# What tests ask for: guests that fit many times on a small machine.
SMALL = ("--cpus", "1", "--memory", "128M", "--disk", "256M")


class Failure(AssertionError):
    """A command that had to succeed did not."""


def run(command, *, check=True, timeout=60, stdin=None, text=True):
    """Runs a program of this machine; its whole process group ends with the deadline."""
    with subprocess.Popen(command, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=text, start_new_session=True) as child:
        try:
            out, err = child.communicate(stdin, timeout=timeout)
        except BaseException as stopped:
            os.killpg(child.pid, signal.SIGKILL)
            out, err = child.communicate()
            if isinstance(stopped, subprocess.TimeoutExpired):
                raise Failure(f"'{shlex.join(map(str, command))}' took more than {timeout} s; it said: {out}{err}") from None
            raise
    done = subprocess.CompletedProcess(command, child.returncode, out, err)
    if check and done.returncode:
        raise Failure(f"'{shlex.join(map(str, command))}' ended with {done.returncode}: {out}{err}".strip())
    return done


def until(what, attempt, deadline=30.0, pause=0.05):
    """Repeats attempt until it gives something true, which is returned."""
    end = time.monotonic() + deadline
    while True:
        result = attempt()
        if result:
            return result
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {deadline:g} s")
        time.sleep(pause)


def missing():
    """What a host in a box needs and this machine has not, in words; empty when all is there."""
    if os.geteuid() != 0:
        return "root"
    if not pathlib.Path("/usr/bin/systemd-nspawn").exists():
        return "systemd-nspawn (tools/setup)"
    if len(packages()) != 2:
        return f"the packages in {PACKAGES} (tools/build)"
    if not TINY.exists():
        return f"{TINY} (images/tiny/build {TINY})"
    return ""


def packages():
    return sorted(PACKAGES.glob("berth-*.deb"))


class Api(http.client.HTTPConnection):
    """One connection to the agent's socket in the box."""

    def __init__(self, path, timeout=30):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:500]!r}"


class Box:
    def __init__(self, name):
        self.name, self.lock = name, None

    def claim(self):
        """Makes the box ours: another run that uses one of this name is not to be disturbed; what a dead run left is removed."""
        path = TOP / "build" / "box" / f"{self.name}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = open(path, "w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise Failure(f"another run uses the box '{self.name}' now") from None
        self.lock = lock
        self.stop()

    def start(self, *, state_size=None, settings=None):
        """Boots the box with both packages. settings: {"hypervisor": {key: value}, "agent": {…}}."""
        if not self.lock:
            self.claim()
        debs = [part for deb in packages() for part in ("--deb", str(deb))]
        size = ["--state-size", state_size] if state_size else []
        run([BOX, "start", self.name, *debs, *size], timeout=300)
        self.root = pathlib.Path(run([BOX, "root", self.name]).stdout.strip())
        nspawn = (self.root.parent / "nspawn.pid").read_text().strip()
        self.leader = run(["pgrep", "-P", nspawn]).stdout.strip()
        self.configure(settings or {"hypervisor": {"allow_emulation": "yes"}})
        return self

    def stop(self):
        """Removes the box, if it is ours."""
        if self.lock:
            run([BOX, "stop", "--kill", self.name], timeout=120, check=False)

    def configure(self, settings):
        """Appends settings to the configuration files and restarts the services."""
        for daemon, values in settings.items():
            with open(self.root / f"etc/berth/{daemon}.conf", "a") as file:
                file.writelines(f"{key} = {value}\n" for key, value in values.items())
        self.run("systemctl", "restart", *UNITS, timeout=120)
        self.wait_ready()

    def run(self, *command, check=True, timeout=60, stdin=None, user=None, text=True):
        who = ["--user", user] if user else []
        return run([BOX, "run", *who, self.name, "--", *map(str, command)], check=check, timeout=timeout, stdin=stdin,
                   text=text)

    def shell(self, script, **options):
        return self.run("sh", "-c", script, **options).stdout

    def net(self, *command, **options):
        """Runs a command in the world around the box."""
        return run([BOX, "net", self.name, "--", *map(str, command)], **options)

    def socket(self, *kind):
        """A socket that lives in the box's network."""
        with open(f"/proc/{self.leader}/ns/net", "rb") as namespace:
            return socket_in(namespace.fileno(), *kind)

    def put(self, path, data, mode=0o600):
        """Writes a file of the box. Not for /run and /tmp, which the box has of its own."""
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data if isinstance(data, bytes) else data.encode())
        target.chmod(mode)
        return path

    def carry(self, file):
        """Makes a file of this machine readable in the box, and returns its path there."""
        inside = f"/var/tmp/{file.name}"
        target = self.root / inside.lstrip("/")
        if not target.exists():
            run(["cp", "--reflink=auto", file, target])
        return inside

    # the command and the API

    def berth(self, *arguments, check=True, timeout=180, **options):
        return self.run("berth", *arguments, check=check, timeout=timeout, **options)

    def berth_json(self, *arguments, **options):
        return json.loads(self.berth("--json", *arguments, **options).stdout)

    @property
    def agent_socket(self):
        return pathlib.Path(f"/proc/{self.leader}/root/run/berth/agent.sock")

    def api(self, method, path, body=None, headers=None, timeout=30):
        """One request on a connection of its own; body: bytes as they are, anything else as JSON."""
        if path.startswith("v1/"):
            path = f"/api/{path}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection = Api(self.agent_socket, timeout)
        try:
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def ready(self):
        try:
            return self.api("GET", "/readyz", timeout=5).status == 200
        except OSError:
            return False

    def wait_ready(self, deadline=60):
        until("the agent says that it is ready", self.ready, deadline)

    def operation(self, accepted, deadline=120):
        """Waits for the end of the operation in an answer of 202, and returns it."""
        if accepted.status != 202:
            raise Failure(f"not accepted: {accepted}")
        return self.wait_operation(accepted.json["operation"]["id"], deadline)

    def wait_operation(self, operation, deadline=120):
        def ended():
            try:
                answer = self.api("GET", f"v1/operations/{operation}")
            except OSError:
                return None  # the daemon is being restarted
            return answer.json if answer.status == 200 and answer.json["state"] != "running" else None
        return until(f"operation {operation} ends", ended, deadline, 0.1)

    # daemons

    def pid(self, unit):
        return int(self.run("systemctl", "show", "-P", "MainPID", unit).stdout)

    def kill(self, unit):
        """Kills the daemon; waits for it first where it is just being started again."""
        until(f"{unit} is killed", lambda: self.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", unit,
                                                    check=False).returncode == 0)

    def journal(self, *arguments):
        return run([BOX, "journal", self.name, "--no-pager", *arguments], check=False).stdout

    # what is on the host

    def belongings(self):
        """Everything on the host that belongs to a session, as "kind name" lines.

        Not what libvirt 9.0 itself leaves in /run/libvirt/network of every transient network, until the next boot: an empty
        folder and the number of a process that is gone.
        """
        script = r"""
            export LIBVIRT_DEFAULT_URI=qemu:///system
            virsh -q list --all --name | sed '/^$/d; s/^/domain /'
            virsh -q net-list --all --name | sed -n "s/^berth-/network berth-/p"
            virsh -q secret-list | sed '/^$/d; s/^ */secret /'
            ip -o link | sed -n 's/^[0-9]*: \(bb[^:@]*\|bt[^:@]*\|vnet[^:@]*\|virbr[^:@]*\)[:@].*/link \1/p'
            for file in /var/lib/berth/hypervisor/keys/* /var/lib/berth/hypervisor/volumes/* \
                /run/berth-hypervisor/seeds/* /var/lib/libvirt/dnsmasq/berth-* /run/libvirt/network/berth-*.xml \
                /etc/libvirt/qemu/networks/berth-* /run/libvirt/qemu/berth-*
            do [ ! -e "$file" ] || echo "file $file"; done
            pgrep -a dnsmasq | sed 's/^[0-9]* /process /'
            pgrep -a qemu-system | sed 's/^[0-9]* \([^ ]*\) -name \([^ ]*\).*/process \1 \2/'
        """
        found = [line for line in self.shell(script).splitlines() if line]
        return found + [f"nft {element}" for element in self.nft_elements()]

    def nft_elements(self):
        """The elements of the firewall's sets and maps that name an interface, an address or a port of a session."""
        rules = json.loads(self.run("nft", "-j", "list", "ruleset").stdout)["nftables"]
        return [f"{entry[kind]['table']} {entry[kind]['name']} {json.dumps(element)}"
                for entry in rules for kind in ("set", "map") if kind in entry
                and "constant" not in entry[kind].get("flags", [])
                and not entry[kind]["name"].startswith("__")
                for element in entry[kind].get("elem", [])]

    def wait_clean(self, deadline=15):
        """Waits until nothing is left on the host; fails with what is."""
        left = []

        def clean():
            left[:] = self.belongings()
            return not left
        try:
            until("the host is clean", clean, deadline, 0.3)
        except Failure:
            raise Failure("left on the host:\n" + "\n".join(left)) from None
