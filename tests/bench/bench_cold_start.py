"""From the create call to SSH answering, against a bare QEMU process that boots the same image with the same hardware.

The two take turns. The bare process gets the arguments of a machine's own QEMU (machine, CPU, memory, kernel, seed), an
unencrypted overlay and QEMU's own network: everything that Berth adds is on the other side of the scale.
"""
import shlex
import statistics
import time

from box import SMALL, until
from figures import bench, row, spread

RUNS = 5
BARE = "/var/tmp/bare"


def arguments_of_a_machine(box):
    """The arguments of the running machine's QEMU, as {option: [values]}."""
    raw = box.shell("tr '\\0' '\\n' < /proc/$(pgrep -o qemu-system)/cmdline").splitlines()
    options = {}
    for option, value in zip(raw, raw[1:]):
        if option.startswith("-") and not value.startswith("-"):
            options.setdefault(option, []).append(value)
    return options


def bare_command(box):
    """Prepares files for a bare QEMU from a running session, and returns its command line."""
    same = arguments_of_a_machine(box)
    machine = same["-machine"][0].split(",")[0]
    kernel, initrd = same["-kernel"][0], same["-initrd"][0]
    image = kernel.rsplit("/", 1)[0]
    box.shell(f"mkdir -p {BARE}; cp /run/berth-hypervisor/seeds/*.iso {BARE}/seed.iso")
    return ["qemu-system-x86_64", "-machine", machine, "-accel", same["-accel"][0].split(",")[0],
            "-cpu", same["-cpu"][0], "-m", "128", "-smp", "1", "-nodefaults", "-display", "none", "-no-user-config",
            "-kernel", kernel, "-initrd", initrd, "-append", same["-append"][0],
            "-drive", f"file={BARE}/disk.qcow2,format=qcow2,if=virtio", "-drive",
            f"file={BARE}/seed.iso,format=raw,readonly=on,if=virtio",
            "-nic", "user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:2222-:22", "-device", "virtio-rng-pci",
            "-device", "virtio-serial-pci", "-chardev", f"socket,path={BARE}/agent,server=on,wait=off,id=agent",
            "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0", "-serial", "null"], image


def bare_start(box, command, image):
    box.shell(f"rm -f {BARE}/disk.qcow2; qemu-img create -q -f qcow2 -F raw -b {image}/disk {BARE}/disk.qcow2 256M")
    before = time.monotonic()
    box.shell(f"setsid {shlex.join(command)} </dev/null >/dev/null 2>{BARE}/log & echo $! > {BARE}/pid")
    until("the bare QEMU answers", lambda: box.run("/usr/bin/python3", f"{BARE}/banner.py", check=False).returncode == 0, 120, 0)
    took = time.monotonic() - before
    box.shell(f"kill $(cat {BARE}/pid); while kill -0 $(cat {BARE}/pid) 2>/dev/null; do sleep 0.05; done")
    return took


WAIT_FOR_BANNER = """
import socket, sys, time
end = time.monotonic() + 60
while time.monotonic() < end:
    try:
        with socket.create_connection(("127.0.0.1", 2222), 5) as peer:
            if peer.recv(4) == b"SSH-":
                sys.exit(0)
    except OSError:
        pass
    time.sleep(0.02)
sys.exit(1)
"""


def berth_start(box, name):
    before = time.monotonic()
    box.berth("create", name, "--user", "alice", "--image", "tiny", *SMALL)
    return time.monotonic() - before


def measure(box):
    berth_start(box, "model")
    command, image = bare_command(box)
    box.put(f"{BARE}/banner.py", WAIT_FOR_BANNER)
    box.berth("terminate", "model", "--user", "alice")
    berth, bare = [], []
    for turn in range(RUNS):
        bare.append(bare_start(box, command, image))
        berth.append(berth_start(box, f"web-{turn}"))
        box.berth("terminate", f"web-{turn}", "--user", "alice")
    ours, theirs = statistics.median(berth), statistics.median(bare)
    row("`berth create` until SSH answers", spread(berth, "s"))
    row("bare QEMU until SSH answers", spread(bare, "s"))
    row("ratio, and seconds above it", f"{ours / theirs:.2f}, {ours - theirs:+.2f} s")
    return ours <= 1.15 * theirs + 0.5


if __name__ == "__main__":
    bench("cold-start", measure)
