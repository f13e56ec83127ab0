"""A host, its guests and the world around it, each a network namespace, with the real rule set in the host's.

    alice: bridge with the guests a1, a2 and `stranger`, whose tap the firewall does not know
    bob:   bridge with the guest b1; a public subnet, so that the refusal of private ones protects nobody here
    world: what lies behind the host's uplink, with addresses of the internet, private ones and cloud metadata
"""
import ctypes
import errno
import json
import os
import select
import socket
import subprocess
import time
import weakref

import frames

HOST, GATEWAY_OF_THE_HOST = "203.0.113.10", "203.0.113.1"
INTERNET = ("198.51.100.1", "192.0.2.1", "203.0.113.1")
METADATA = "169.254.169.254"
PRIVATE = ("192.168.77.1", "10.200.0.1", "172.16.5.1", "100.64.9.9", "198.18.0.9", METADATA)
PATIENCE = 0.4  # seconds until a connection that does not come is taken for refused; on one machine it takes 1 ms

libc = ctypes.CDLL(None, use_errno=True)


def socket_in(namespace, *kind):
    """A socket that lives in the network namespace which the descriptor is of."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        if libc.setns(namespace, 0) != 0:
            raise OSError(ctypes.get_errno(), "cannot enter a network namespace")
        return socket.socket(*kind)
    finally:
        libc.setns(home, 0)
        os.close(home)


def run(*words, check=True, stdin=None):
    done = subprocess.run(words, input=stdin, text=True, capture_output=True)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


class Namespace:
    """A network namespace, named after this process so that nothing collides."""

    def __init__(self, name):
        self.name = f"berth-firewall-{os.getpid()}-{name}"
        run("ip", "netns", "add", self.name)
        self.fd = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        self.sockets = weakref.WeakSet()
        self.ip("link", "set", "lo", "up")
        self.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")

    def remove(self):
        for left in self.sockets:
            left.close()
        os.close(self.fd)
        run("ip", "netns", "del", self.name)

    def run(self, *words, **options):
        return run("ip", "netns", "exec", self.name, *words, **options)

    def ip(self, *words):
        return run("ip", "-n", self.name, *words)

    def socket(self, *kind):
        made = socket_in(self.fd, *kind)
        self.sockets.add(made)
        return made

    def bound(self, kind, address, port):
        made = self.socket(socket.AF_INET, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        if kind == socket.SOCK_STREAM:
            made.listen(64)
        made.settimeout(PATIENCE)
        return made

    def opened(self, *targets):
        """Those of the (address, port)s that take a TCP connection; all are tried at once."""
        poll, trying = select.poll(), {}
        for target in targets:
            made = self.socket(socket.AF_INET, socket.SOCK_STREAM)
            made.setblocking(False)
            trying[made.fileno()] = made, target
            if made.connect_ex(target) in (0, errno.EINPROGRESS):
                poll.register(made, select.POLLOUT)
        opened, end = set(), time.monotonic() + PATIENCE
        while (left := end - time.monotonic()) > 0 and len(opened) < len(targets):
            for fd, _ in poll.poll(left * 1000):
                poll.unregister(fd)
                if trying[fd][0].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                    opened.add(trying[fd][1])
        for made, _ in trying.values():
            made.close()
        return opened

    def opens(self, address, port):
        return bool(self.opened((address, port)))


def connected(client, server, address, port):
    """Both ends of a new connection; the server may have older ones in its queue."""
    server.setblocking(False)
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            break
    server.settimeout(PATIENCE)
    outgoing = client.socket(socket.AF_INET, socket.SOCK_STREAM)
    outgoing.settimeout(PATIENCE)
    outgoing.connect((address, port))
    return outgoing, server.accept()[0]


class Wire:
    """An interface, to send frames as they are and to see what arrives; at a guest's tap, what leaves for the guest, too."""

    def __init__(self, namespace, interface, leaving=False):
        everything = 3  # ETH_P_ALL
        self.leaving = leaving
        self.socket = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(everything))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        self.socket.bind((interface, everything))
        self.socket.setblocking(False)

    def close(self):
        self.socket.close()

    def send(self, frame):
        self.socket.send(frame)

    def arrived(self):
        """The frames that came in since the last call."""
        found = []
        while True:
            try:
                frame, (_, _, kind, *_) = self.socket.recvfrom(65536)
            except BlockingIOError:
                return found
            if self.leaving or kind != socket.PACKET_OUTGOING:
                found.append(frame)

    def wait_for(self, data, seen):
        """Collects into `seen` until a frame with these bytes has come."""
        end = time.monotonic() + 5
        while not any(data in frame for frame in seen):
            if time.monotonic() > end:
                raise RuntimeError("a frame that is allowed did not arrive")
            select.select([self.socket], [], [], 0.1)
            seen += self.arrived()


class Driver:
    """The program that holds netiso's drivers, in the host's namespace."""

    def __init__(self, program, namespace, connections, of_a_user):
        self.process = subprocess.Popen(["ip", "netns", "exec", namespace.name, program, str(connections), str(of_a_user)],
                                        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        os.sched_setaffinity(self.process.pid, range(os.cpu_count()))  # not beside the packets, but at the same time

    def __call__(self, *words):
        line = " ".join(json.dumps(word) if isinstance(word, dict) else word for word in words)
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        verdict, _, answer = self.process.stdout.readline().strip().partition(" ")
        if verdict != "ok":
            raise RuntimeError(f"{line}: {answer}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Guest(Namespace):
    def __init__(self, name, number, host, gateway, names):
        super().__init__(name)
        self.machine = f"01kaf5x0000000000000000m{number:02d}"
        self.user = gateway["user"]
        self.gateway = gateway["address"]
        self.address = self.gateway.rsplit(".", 1)[0] + f".{int(self.gateway.rsplit('.', 1)[1]) + number}"
        self.ssh_port = 22000 + number
        self.bridge, self.tap, self.mac = names("names", self.user, self.machine, self.address).split()
        self.spec = {"machine": self.machine, "user": self.user, "address": self.address, "ssh_port": self.ssh_port}
        host.ip("link", "add", self.tap, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        host.ip("link", "set", self.tap, "master", self.bridge, "up")
        self.ip("link", "set", "eth0", "address", self.mac, "up")
        self.ip("addr", "add", f"{self.address}/27", "dev", "eth0")
        self.ip("route", "add", "default", "via", self.gateway)
        self.wire = Wire(self, "eth0")
        self.ssh = self.bound(socket.SOCK_STREAM, "0.0.0.0", 22)
        self.web = self.bound(socket.SOCK_STREAM, "0.0.0.0", 80)

    # Frames of this guest, as they should be but for what the caller says.

    def ether(self, kind, payload, target=frames.BROADCAST, source=None, tags=()):
        return frames.ether(source or self.mac, target, kind, payload, tags)

    def udp(self, data, target="255.255.255.255", source=None, ports=(5000, 5001)):
        return frames.udp(source or self.address, target, *ports, data)

    def arp(self, data, target=None, source=None, source_mac=None, **more):
        return frames.arp(source_mac or self.mac, source or self.address, target or self.gateway, data, **more)


class World:
    def __init__(self, program, bridge_netfilter, connections=4096, of_a_user=32768):
        self.host, self.world = Namespace("host"), Namespace("world")
        self.program, self.driver = program, Driver(program, self.host, connections, of_a_user)
        self.uplink()
        # Nothing but the rules shall protect the host here.
        self.host.run("sysctl", "-qw", "net.ipv4.ip_forward=1", f"net.bridge.bridge-nf-call-iptables={bridge_netfilter}",
                      f"net.bridge.bridge-nf-call-ip6tables={bridge_netfilter}",
                      "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0")
        self.driver("load")
        self.alice = self.network("01kaf5x0000000000000000aaa", "10.66.0.0/27", "10.66.0.1")
        self.bob = self.network("01kaf5x0000000000000000bbb", "198.51.101.32/27", "198.51.101.33")
        self.a1, self.a2, self.stranger = (self.guest(name, number, self.alice)
                                           for number, name in enumerate(("a1", "a2", "stranger"), 1))
        self.b1 = self.guest("b1", 4, self.bob)
        for guest in (self.a1, self.a2, self.b1):
            self.driver("apply", "firewall", guest.spec)
        self.wires = {"sibling": self.a2.wire, "other user": self.b1.wire, "host": Wire(self.host, self.a1.bridge),
                      "world": Wire(self.world, "up0")}
        self.mac_of_the_host = json.loads(self.host.run("ip", "-j", "link", "show", self.a1.bridge))[0]["address"]

    def restart(self, connections, of_a_user=32768):
        """Another manager on the same host, with these limits."""
        self.driver.close()
        self.driver = Driver(self.program, self.host, connections, of_a_user)
        self.driver("load")

    def remove(self):
        self.driver.close()
        for namespace in (self.a1, self.a2, self.stranger, self.b1, self.world, self.host):
            namespace.remove()

    def uplink(self):
        self.host.ip("link", "add", "up0", "type", "veth", "peer", "name", "up0", "netns", self.world.name)
        for namespace, address in ((self.host, HOST), (self.world, GATEWAY_OF_THE_HOST)):
            namespace.ip("addr", "add", f"{address}/24", "dev", "up0")
            namespace.ip("link", "set", "up0", "up")
        for address in (*INTERNET[:2], *PRIVATE):
            self.world.ip("addr", "add", f"{address}/32", "dev", "lo")
        self.host.ip("route", "add", "default", "via", GATEWAY_OF_THE_HOST)
        # A neighbour that knows where guests are may try to reach them past the published ports.
        for guests in ("10.66.0.0/16", "198.51.101.0/24"):
            self.world.ip("route", "add", guests, "via", HOST)
        self.server = self.world.bound(socket.SOCK_STREAM, "0.0.0.0", 80)

    def network(self, user, subnet, address):
        network = {"user": user, "subnet": subnet, "address": address}
        self.driver("apply", "gateway", {"user": user, "subnet": subnet})
        bridge = self.driver("names", user, user, address).split()[0]
        self.host.ip("link", "add", bridge, "address", "02:be:00:00:00:01", "type", "bridge")
        self.host.ip("addr", "add", f"{address}/27", "dev", bridge)
        self.host.ip("link", "set", bridge, "up")
        return network

    def guest(self, name, number, network):
        return Guest(name, number, self.host, network, self.driver)

    def nft(self, commands):
        return self.host.run("nft", "-f", "-", stdin=commands)

    def arrivals(self, guest, make, send=None):
        """Sends the frame that `make(token)` gives from the guest, and tells where it arrives."""
        seen = {place: [] for place in self.wires}
        for wire in self.wires.values():
            wire.arrived()
        data = frames.token()
        (send or guest.wire.send)(make(data))
        self.pass_fences(seen)
        return {place for place, found in seen.items() if any(data in frame for frame in found)}

    def pass_fences(self, seen):
        """Frames that are allowed, behind the one in question: when they have arrived, it would have too."""
        fences = (("sibling", self.a1, self.a1.ether(frames.ARP, self.a1.arp(one := frames.token())), one),
                  ("host", self.a1, self.a1.ether(frames.ARP, self.a1.arp(two := frames.token())), two),
                  ("world", self.a1, self.a1.ether(frames.IPV4, self.a1.udp(three := frames.token(), INTERNET[0]),
                                                   self.mac_of_the_host), three))
        for place, guest, frame, data in fences:
            guest.wire.send(frame)
            self.wires[place].wait_for(data, seen[place])
        data = frames.token()
        with self.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(data, (self.b1.address, 9))
        self.wires["other user"].wait_for(data, seen["other user"])
        for place, wire in self.wires.items():
            seen[place] += wire.arrived()
