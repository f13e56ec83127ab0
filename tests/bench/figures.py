"""A box with `tiny` in it for the benches, and the one way in which they print figures."""
import os
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "host"))
import box as boxes  # noqa: E402
from box import TINY, Box  # noqa: E402

SKIPPED = 77  # what ctest takes for a skip


def spread(values, unit):
    """Median, and in brackets the least and the most."""
    return f"{statistics.median(values):.3g} {unit} ({min(values):.3g} to {max(values):.3g}, {len(values)} runs)"


def row(what, figure):
    print(f"| {what} | {figure} |", flush=True)


def bench(name, measure, **settings):
    """Runs `measure(box)` in a fresh box; exits with whether the promise that it returns was kept."""
    if without := boxes.missing():
        print(f"skipped: this needs {without}")
        sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)
    host = Box(f"bench-{name}")
    try:
        host.start(settings={"hypervisor": {"allow_emulation": "yes"}, **settings})
        host.berth("image", "import", host.carry(TINY), "--name", "tiny")
        print(f"\n| {name} | figure |\n|---|---|", flush=True)
        kept = measure(host)
    finally:
        host.stop()
    sys.exit(0 if kept else 1)
