"""How the memory and the cores of a package are shared out among the processes of a session.

A limit on a unit (front end, worker) is enforced from outside. Within it each Java process gets a
heap such that all of them fit with what they need beside the heap (classes, compiled code,
threads: 80 to 180 MiB each, measured).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aglais_hub.models.booking import Limits, UnitLimits

__all__ = ["Heaps", "cores", "share_out"]

MIB = 2**20

SPARK_LEAST = 480
"""MiB; Spark refuses to start a driver or an executor with a heap below 450 MiB."""

BESIDE_DRIVER = 700
"""MiB of the front end for Zeppelin, the Spark master, Python and what they need beside heaps."""

WORKER_DAEMON = 160
"""MiB of a worker for Spark's worker process, heap and all."""

PYTHON_PER_CORE = 128
"""MiB of a worker for the Python process that serves one core."""


@dataclass(frozen=True)
class Heaps:
    """Java heaps, MiB."""

    server: int
    interpreter: int
    master: int
    driver: int
    worker: int
    executor: int


def share_out(limits: Limits) -> Heaps:
    """Fit all processes of a session into its limits."""
    front = limits.frontend.memory_bytes // MIB
    return Heaps(
        server=min(max(192, front // 8), 1024),
        interpreter=min(max(64, front // 24), 256),
        master=96,
        driver=max(SPARK_LEAST, (front - BESIDE_DRIVER) // 2),
        worker=64,
        executor=_executor(limits.worker),
    )


def _executor(worker: UnitLimits) -> int:
    memory = worker.memory_bytes // MIB
    python = min(PYTHON_PER_CORE * cores(worker), memory // 4)
    return max(SPARK_LEAST, (memory - WORKER_DAEMON - python) * 3 // 4)


def cores(unit: UnitLimits) -> int:
    """Return the whole processors that programs should count on, at least one."""
    return max(1, math.ceil(unit.cores))
