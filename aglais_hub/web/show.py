"""How values look on a page."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, IntEnum
from typing import Any

__all__ = ["shown", "size"]

UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
STEP = 1024


def size(amount: float) -> str:
    """Return a number of bytes in the unit that reads best, such as ``1.5 GiB``."""
    unit = 0
    while amount >= STEP and unit < len(UNITS) - 1:
        amount, unit = amount / STEP, unit + 1
    return f"{amount:.4g} {UNITS[unit]}"


def shown(value: Any, name: str = "") -> str:
    """Return a value for people; fields named ``..._bytes`` and ``..._seconds`` by their unit."""
    if value is None:
        return "none"
    if isinstance(value, IntEnum):
        return f"{value.value} ({value.name.lower()})"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S UTC")
    if name.endswith("bytes"):
        return size(value)
    if name.endswith("_seconds"):
        return str(timedelta(seconds=value))
    return str(value)
