"""How values look on a page, and how people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from aglais_hub.models import NoneMeans

__all__ = [
    "Fact",
    "exact_size",
    "facts",
    "heading",
    "label",
    "local",
    "none_words",
    "parse_size",
    "parse_span",
    "shown",
    "size",
    "span",
]


def local(moment: datetime, zone: str) -> str:
    """Return a moment as people in a zone write it, such as ``2026-05-25 at 09:00 (UTC)``."""
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d at %H:%M} ({zone.replace('_', ' ')})"


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


SPANS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def span(seconds: int) -> str:
    """Return a time in the units that read best, such as ``1 d 12 h``."""
    parts = []
    for length, unit in SPANS:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


LENGTHS = {unit: length for length, unit in SPANS} | {"m": 60, "min": 60, "": 1, "w": 604_800}
SPAN = re.compile(r"(?:(\d{1,12})\s*([a-z]*)\s*)+", re.IGNORECASE)
SPAN_PART = re.compile(r"(\d+)\s*([a-z]*)", re.IGNORECASE)


def parse_span(text: str) -> int:
    """Return the seconds that a person means by ``1 d 12 h``; no unit: seconds.

    Raises
    ------
    ValueError
        It is no time; the sentence is for who wrote it.
    """
    parts = [(int(count), unit.lower()) for count, unit in SPAN_PART.findall(text)]
    if not SPAN.fullmatch(text.strip()) or any(unit not in LENGTHS for _, unit in parts):
        message = "Write a time such as 90 d or 1 h 30 min (units: s, min, h, d, w)."
        raise ValueError(message)
    return sum(count * LENGTHS[unit] for count, unit in parts)


def none_words(info: FieldInfo) -> str | None:
    """Return what a field's None is called, if it has words for it."""
    return next((one.words for one in info.metadata if isinstance(one, NoneMeans)), None)


def label(name: str, title: str | None = None) -> str:
    """Return what a field is called on a page; units are with the value there."""
    if title:
        return title
    words = name.removesuffix("_bytes").removesuffix("_seconds")
    return words.replace(".", " ").replace("_", " ").capitalize()


@dataclass(frozen=True)
class Fact:
    """A field of a thing, as a page tells it."""

    name: str
    label: str
    hint: str
    value: Any


NAMES = ("id", "name", "level")
"""Fields that say which thing it is."""


def facts(thing: BaseModel) -> Iterator[Fact]:
    """Yield the fields of a thing; what it is called first."""
    fields = type(thing).model_fields.items()
    for name, info in sorted(fields, key=lambda field: field[0] not in NAMES):
        title, value = label(name, info.title), getattr(thing, name)
        words = none_words(info) if value is None else None
        yield Fact(name, title, info.description or "", words or value)


def heading(column: str, thing: BaseModel) -> str:
    """Return what a column is called in a list of such things."""
    info = type(thing).model_fields.get(column)
    return label(column, info.title if info else None)


def shown(value: Any, name: str = "") -> str:
    """Return a value for people; fields named ``..._bytes`` and ``..._seconds`` by their unit."""
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(getattr(value, "word", value.value))
    if isinstance(value, tuple | list):
        return ", ".join(shown(item) for item in value) or "none"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S UTC")
    if isinstance(value, int | float):
        return _number(value, name)
    return str(value)


def _number(value: float, name: str) -> str:
    if name.endswith("bytes"):
        return size(value)
    if isinstance(value, float):
        return f"{value:g}"
    if name.endswith("_seconds"):
        return span(value)
    return str(value) if name.endswith("uid") else f"{value:,}"
