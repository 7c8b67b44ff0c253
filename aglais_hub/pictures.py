"""The calendar as a picture in text: a row for each package, the times below.

::

    large  --- --- --- --- --- === ===
    small  === === ---[### ###]=== ===
           Mon Tue Wed Thu Fri Sat Sun
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from zoneinfo import ZoneInfo

from aglais_hub.models.availability import (
    Availability,
    AvailabilityRow,
    CellState,
    Granularity,
    Slot,
)

__all__ = ["LEGEND", "Piece", "drawn", "plain"]

Piece = tuple[str, CellState | None]
"""A part of a line, and which state it stands for."""

MARKS = {
    CellState.AVAILABLE: "=",
    CellState.TAKEN: "-",
    CellState.MINE: "#",
    CellState.CLOSED: "~",
    CellState.PAST: ".",
}
WORDS = {
    CellState.AVAILABLE: "available",
    CellState.TAKEN: "taken",
    CellState.MINE: "yours",
    CellState.CLOSED: "not open yet",
    CellState.PAST: "past",
}
LEGEND = "   ".join(f"{MARKS[state] * 3} {WORDS[state]}" for state in CellState)

NARROWEST = 3
FEW = 7
"""So many days have names that are all different; more are numbered too."""


def plain(availability: Availability) -> str:
    """Return the picture as text."""
    return "".join(
        "".join(text for text, _ in line).rstrip() + "\n" for line in drawn(availability)
    )


def drawn(availability: Availability) -> Iterator[list[Piece]]:
    """Yield the lines of the picture, in pieces that can be coloured."""
    names = [row.package for row in availability.rows]
    margin = max(map(len, names), default=0)
    widths = [max(NARROWEST, len(slot.title)) for slot in availability.slots]
    for row in availability.rows:
        yield [(row.package.ljust(margin), None), *_cells(row, widths)]
    for line in _titles(availability):
        words = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        yield [(" " * (margin + 1) + " ".join(words), None)]
    yield []
    zone = ZoneInfo(availability.zone)
    first, end = (
        moment.astimezone(zone) for moment in (availability.starts_at, availability.ends_at)
    )
    yield [(f"{first:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}, {availability.zone}", None)]
    yield [(LEGEND, None)]


def _cells(row: AvailabilityRow, widths: Sequence[int]) -> Iterator[Piece]:
    """Yield a row's cells; what is one's own stands in brackets, as one block."""
    before = " "
    pairs = zip(row.cells, widths, strict=True)
    for state, run in groupby(pairs, key=lambda pair: pair[0].state):
        is_mine = state is CellState.MINE
        block = " ".join(MARKS[state] * width for _, width in run)
        yield ("[" if is_mine else before, state if is_mine else None)
        yield (block, state)
        before = "]" if is_mine else " "
    yield (before.strip(), None)


def _titles(availability: Availability) -> Iterator[list[str]]:
    """Yield the lines below the rows: names of days, and their dates where names come again."""
    yield [slot.title for slot in availability.slots]
    if availability.by is Granularity.DAY and len(availability.slots) > FEW:
        yield [_day(slot, ZoneInfo(availability.zone)) for slot in availability.slots]
    if availability.by is Granularity.HOUR:
        yield _days(availability)


def _day(slot: Slot, zone: ZoneInfo) -> str:
    return f"{slot.starts_at.astimezone(zone):%d}".rjust(NARROWEST)


def _days(availability: Availability) -> list[str]:
    """Return the day where an hour is the first one of it."""
    zone = ZoneInfo(availability.zone)
    names, last = [], None
    for slot in availability.slots:
        day = slot.starts_at.astimezone(zone).date()
        names.append("" if day == last else f"{day:%d}".rjust(NARROWEST))
        last = day
    return names
