"""What this machine, or the container around this process, can give to sessions."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["machine_cores", "machine_memory_bytes"]

GIB = 2**30
KEPT_BACK_BYTES = 3 * GIB // 2
"""Memory of the platform itself and of the system: the idle platform is bounded at 700 MB."""

STEP_BYTES = GIB // 4
"""Memory is rounded down to this, so that people read it in GiB."""

CGROUP = Path("/sys/fs/cgroup")
MEMORY_LIMITS = (CGROUP / "memory.max", CGROUP / "memory/memory.limit_in_bytes")
"""Where cgroup v2 and v1 say what a container may use."""


def machine_cores() -> float:
    """Return the cores that this process may run on."""
    return float(len(os.sched_getaffinity(0)))


def machine_memory_bytes() -> int:
    """Return the memory for sessions, in bytes: all but what the platform itself needs."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for_sessions = min(physical, *_container_limits(physical)) - KEPT_BACK_BYTES
    return max(GIB, for_sessions // STEP_BYTES * STEP_BYTES)


def _container_limits(unlimited: int) -> list[int]:
    limits = [unlimited]
    for file in MEMORY_LIMITS:
        try:
            limits.append(int(file.read_text()))
        except (OSError, ValueError):  # no such cgroup, or "max"
            continue
    return limits
