"""From `aglais up` to a guest's first Spark result, and what the idle platform holds in memory.

    sudo .venv/bin/python -m benchmarks.first_result [--rounds 5]

Prints medians; the bounds are those that the project promises on two cores.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

from tests.support.guest import Guest
from tests.support.platform import RunningPlatform, platform_in_its_own_folder

BOUNDS = {
    "aglais up to the login page, s": 15,
    "click to Zeppelin usable, s": 20,
    "click to the first Spark result, s": 60,
    "a second Spark result, s": None,
    "idle platform, resident MB": 700,
    "idle platform, proportional MB": None,
}


def memory(platform: RunningPlatform, field: str) -> float:
    """Return the memory of all processes of the platform, MB (10^6 bytes)."""
    total = 0
    for pid in platform.processes():
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith(field))
    return total * 1024 / 1e6


def one_guest(platform: RunningPlatform) -> tuple[float, float, float]:
    """Return seconds from the click to the session, to Spark's first result, and of a second."""
    began = time.perf_counter()
    guest = Guest(platform).come_in()
    usable = time.perf_counter() - began
    assert guest.run("%spark.pyspark\nprint(spark.range(1000).count())")[0] == "SUCCESS"
    first = time.perf_counter() - began
    again = time.perf_counter()
    guest.run("%spark.pyspark\nprint(spark.range(2000).count())")
    second = time.perf_counter() - again
    guest.leave()
    return usable, first, second


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    seen: dict[str, list[float]] = {name: [] for name in BOUNDS}
    names = list(BOUNDS)
    with platform_in_its_own_folder() as platform:
        for _ in range(rounds):
            platform.stop()
            seen[names[0]].append(platform.start())
        time.sleep(20)
        seen[names[4]].append(memory(platform, "Rss:"))
        seen[names[5]].append(memory(platform, "Pss:"))
        for _ in range(rounds):
            for name, value in zip(names[1:4], one_guest(platform), strict=True):
                seen[name].append(value)
    for name, values in seen.items():
        bound = f"at most {BOUNDS[name]}" if BOUNDS[name] else ""
        spread = f"{min(values):.1f} to {max(values):.1f}"
        sys.stdout.write(f"{name:40} {statistics.median(values):8.1f}   {spread:18} {bound}\n")


if __name__ == "__main__":
    main()
