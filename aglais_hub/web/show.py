"""How values look on a page, and how people write them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

__all__ = ["exact_size", "label", "parse_size", "shown", "size"]

UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
STEP = 1024
SIZE = re.compile(r"(\d+(?:\.\d*)?)\s*([a-z]*)", re.IGNORECASE)


def size(amount: float) -> str:
    """Return a number of bytes in the unit that reads best, such as ``1.5 GiB``."""
    unit = 0
    while amount >= STEP and unit < len(UNITS) - 1:
        amount, unit = amount / STEP, unit + 1
    return f"{amount:.4g} {UNITS[unit]}"


def exact_size(amount: int) -> str:
    """Return a number of bytes so that `parse_size` gives the same number again."""
    for unit in reversed(range(1, len(UNITS))):
        rounded = f"{amount / STEP**unit:.3f}".rstrip("0").rstrip(".")
        if amount >= STEP**unit and float(rounded) * STEP**unit == amount:
            return f"{rounded} {UNITS[unit]}"
    return f"{amount} {UNITS[0]}"


def parse_size(text: str) -> int:
    """Return the bytes that a person means by ``1.5 GiB`` (or ``1.5 G``); no unit: bytes.

    Raises
    ------
    ValueError
        It is no size; the sentence is for who wrote it.
    """
    matched = SIZE.fullmatch(text.strip())
    unit = matched[2].lower() if matched else ""
    names = {name.lower(): step for step, name in enumerate(UNITS)} | {"b": 0, "": 0}
    names |= {name[0].lower(): step for step, name in enumerate(UNITS) if step}
    if matched is None or unit not in names:
        message = "Write a size such as 1.5 GiB (units: bytes, KiB, MiB, GiB, TiB, PiB)."
        raise ValueError(message)
    return int((Decimal(matched[1]) * STEP ** names[unit]).to_integral_value())


def label(name: str) -> str:
    """Return what a field is called on a page; units are with the value there."""
    words = name.removesuffix("_bytes").removesuffix("_seconds")
    return words.replace(".", " ").replace("_", " ").capitalize()


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
    if isinstance(value, float):
        return f"{value:g}"
    if name.endswith("_seconds"):
        return str(timedelta(seconds=value))
    return str(value)
