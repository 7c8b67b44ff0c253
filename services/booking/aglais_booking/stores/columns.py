"""Models to columns and back, for what several tables hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aglais_booking.schema import LimitColumns
from aglais_hub.models.booking import Limits, UnitLimits

__all__ = ["joined", "limit_columns", "limits_of", "split"]


def limits_of(row: LimitColumns) -> Limits:
    """Return the limits in a row."""
    return Limits(
        frontend=UnitLimits(cores=row.frontend_cores, memory_bytes=row.frontend_memory_bytes),
        worker=UnitLimits(cores=row.worker_cores, memory_bytes=row.worker_memory_bytes),
        worker_count=row.worker_count,
        disk_bytes=row.disk_bytes,
        gpus=row.gpus,
    )


def limit_columns(limits: Limits) -> dict[str, Any]:
    """Return limits as columns."""
    return {
        "frontend_cores": limits.frontend.cores,
        "frontend_memory_bytes": limits.frontend.memory_bytes,
        "worker_count": limits.worker_count,
        "worker_cores": limits.worker.cores,
        "worker_memory_bytes": limits.worker.memory_bytes,
        "disk_bytes": limits.disk_bytes,
        "gpus": limits.gpus,
    }


def joined(names: Iterable[str]) -> str:
    """Return names as one column."""
    return ",".join(names)


def split(column: str) -> tuple[str, ...]:
    """Return the names in a column."""
    return tuple(name for name in column.split(",") if name)
