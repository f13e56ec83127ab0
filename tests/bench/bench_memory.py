"""What the daemons take: proportional set size (PSS) at rest, and for each session more."""
from box import UNITS
from figures import bench, row

SESSIONS = 6
LEAST = ("--cpus", "1", "--memory", "96M", "--disk", "128M")


def pss(box):
    """Kilobytes of each daemon."""
    text = "cat /proc/{}/smaps_rollup"
    return [int(next(line.split()[1] for line in box.shell(text.format(box.pid(unit))).splitlines()
                     if line.startswith("Pss:"))) for unit in UNITS]


def measure(box):
    box.run("systemctl", "restart", *UNITS)
    box.wait_ready()
    rest = pss(box)
    # The first session loads libraries' code and grows pools once; what each further one costs is the question.
    box.berth("create", "first", "--user", "alice", "--image", "tiny", *LEAST)
    first = pss(box)
    for n in range(SESSIONS):
        box.berth("create", f"more-{n}", "--user", "alice", "--image", "tiny", *LEAST)
    busy = pss(box)
    kept = True
    for unit, at_rest, one, many in zip(UNITS, rest, first, busy):
        each = (many - one) / SESSIONS
        row(f"{unit.removesuffix('.service')}, at rest", f"{at_rest / 1024:.1f} MB PSS")
        row(f"{unit.removesuffix('.service')}, with one session", f"{one / 1024:.1f} MB PSS")
        row(f"{unit.removesuffix('.service')}, each further session", f"{each / 1024:.2f} MB PSS")
        kept = kept and at_rest < 15 * 1024 and each < 1024
    return kept


if __name__ == "__main__":
    bench("memory", measure)
