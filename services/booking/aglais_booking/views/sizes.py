"""A size of somebody's own, as the front end and the workers that it is made of."""

from __future__ import annotations

from math import ceil

from aglais_hub.models.booking import Limits, UnitLimits

__all__ = ["parts_of"]

GIB = 2**30
LEAST_CORES = 0.1


def parts_of(cores: float, memory_bytes: int, gpus: int, like: Limits, most: Limits) -> Limits:
    """Return limits that come to so many cores and so much memory together.

    The front end is as large as in `like`, but no more than a third of it all; the rest goes to
    workers about as large as those in `like`, and no larger than those in `most`.
    """
    front_cores = max(LEAST_CORES, round(min(like.frontend.cores, cores / 3), 1))
    front_memory = max(GIB, min(like.frontend.memory_bytes, memory_bytes // 3))
    rest_cores = max(LEAST_CORES, cores - front_cores)
    rest_memory = max(GIB, memory_bytes - front_memory)
    needed = max(ceil(rest_cores / most.worker.cores), ceil(rest_memory / most.worker.memory_bytes))
    fitting = min(round(rest_cores / like.worker.cores), rest_memory // GIB)
    count = min(max(1, needed, int(fitting)), most.worker_count)
    worker = UnitLimits(
        cores=max(LEAST_CORES, round(rest_cores / count, 3)), memory_bytes=rest_memory // count
    )
    return Limits(
        frontend=UnitLimits(cores=front_cores, memory_bytes=front_memory),
        worker=worker,
        worker_count=count,
        disk_bytes=like.disk_bytes,
        gpus=gpus,
    )
