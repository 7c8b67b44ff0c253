"""The calendar as a grid: packages by time, each cell told in words besides its colour."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from aglais_booking.views.words import (
    cores_in_words,
    day_in_words,
    day_name,
    moment_in_words,
    month_name,
    wall,
)
from aglais_hub.models.availability import Availability, Cell, CellState, Granularity, Slot
from aglais_hub.models.booking import Package
from aglais_hub.web.show import size

__all__ = ["Column", "Grid", "GridCell", "GridRow", "Head", "grid_of"]

SATURDAY = 5
DENSE = 12
"""Columns from which on they are narrow."""


@dataclass(frozen=True)
class Column:
    """An hour, a day or a week."""

    top: str
    """Such as Mon; empty: the number says it all."""
    number: str
    words: str
    """For who hears it, such as Monday 23 November 2026."""
    short: str
    """For a narrow screen, such as Mon 23 Nov."""
    start: str
    """First moment that can be booked, as a browser's control has it."""
    end: str
    first_day: str
    """Days that it is; empty: it is an hour."""
    last_day: str
    until: str
    """Its last day in short, such as Sun 29 Nov."""
    is_now: bool
    is_edge: bool
    """Whether a new month, or a new day, begins with it."""
    is_weekend: bool


@dataclass(frozen=True)
class Head:
    """What some columns have in common: a month, or a day."""

    title: str
    width: int


@dataclass(frozen=True)
class GridCell:
    """A package at a time."""

    state: CellState
    count: int
    words: str
    booking: str | None = None

    @property
    def sign(self) -> str:
        """What is written in it."""
        return str(self.count) if self.state is CellState.AVAILABLE else SIGNS[self.state]


SIGNS = {
    CellState.TAKEN: "\u2013",
    CellState.MINE: "mine",
    CellState.PAST: "·",
    CellState.CLOSED: "…",
}


@dataclass(frozen=True)
class GridRow:
    """A package."""

    package: str
    title: str
    size: str
    is_bookable: bool
    """Whether who looks may book it at all."""
    cells: tuple[GridCell, ...]


@dataclass(frozen=True)
class Grid:
    """All of it."""

    by: Granularity
    heads: tuple[Head, ...]
    columns: tuple[Column, ...]
    rows: tuple[GridRow, ...]

    @property
    def is_dense(self) -> bool:
        """Whether its columns have to be narrow."""
        return len(self.columns) > DENSE

    @property
    def is_bookable(self) -> bool:
        """Whether who looks may book any of it."""
        return any(row.is_bookable for row in self.rows)

    @property
    def has_room(self) -> bool:
        """Whether anything in it can be booked."""
        cells = (cell for row in self.rows if row.is_bookable for cell in row.cells)
        return any(cell.state is CellState.AVAILABLE for cell in cells)


def grid_of(
    found: Availability,
    packages: Iterable[Package],
    bookable: Collection[str],
    zone: ZoneInfo,
    now: datetime,
) -> Grid:
    """Return the grid of what was found.

    Parameters
    ----------
    found
        What is available.
    packages
        All packages.
    bookable
        Names of those that who looks may book.
    zone, now
        Where and when somebody looks.
    """
    columns = tuple(_columns(found.by, found.slots, zone, now))
    known = {package.name: package for package in packages}
    rows = (
        GridRow(
            package=row.package,
            title=row.title,
            size=_size(known.get(row.package)),
            is_bookable=row.package in bookable,
            cells=tuple(
                _cell(row.package, cell, column)
                for cell, column in zip(row.cells, columns, strict=True)
            ),
        )
        for row in found.rows
    )
    return Grid(found.by, tuple(_heads(found, zone)), columns, tuple(rows))


def _size(package: Package | None) -> str:
    if package is None:
        return ""
    upto = "up to " if package.is_custom else ""
    return f"{upto}{cores_in_words(package.total_cores)}, {size(package.total_memory_bytes)}"


def _cell(package: str, cell: Cell, column: Column) -> GridCell:
    said = {
        CellState.AVAILABLE: f"{cell.count} free",
        CellState.TAKEN: "taken",
        CellState.MINE: "your booking",
        CellState.PAST: "past",
        CellState.CLOSED: "not to be booked yet",
    }
    return GridCell(
        state=cell.state,
        count=cell.count,
        words=f"{package}, {column.words}: {said[cell.state]}",
        booking=cell.booking,
    )


def _heads(found: Availability, zone: ZoneInfo) -> Iterable[Head]:
    starts = (slot.starts_at.astimezone(zone) for slot in found.slots)
    for title, same in groupby(starts, lambda local: _head(found.by, local)):
        alike = list(same)
        brief = found.by is not Granularity.HOUR and len(alike) < WIDE
        yield Head(month_name(alike[0], short=True) if brief else title, len(alike))


WIDE = 3
"""Columns that a month needs for its whole name."""


def _head(by: Granularity, local: datetime) -> str:
    if by is Granularity.HOUR:
        return day_in_words(local, short=True)
    return f"{month_name(local)} {local.year}"


def _columns(
    by: Granularity, slots: Sequence[Slot], zone: ZoneInfo, now: datetime
) -> Iterable[Column]:
    before = None
    for slot in slots:
        local = slot.starts_at.astimezone(zone)
        head = _head(by, local)
        yield _column(by, slot, zone, now, is_edge=before is not None and head != before)
        before = head


def _column(by: Granularity, slot: Slot, zone: ZoneInfo, now: datetime, *, is_edge: bool) -> Column:
    local, end = slot.starts_at.astimezone(zone), slot.ends_at.astimezone(zone)
    last = (end - timedelta(seconds=1)).date()
    # Who books this week books what is left of it.
    first = max(local.date(), now.astimezone(zone).date())
    is_days = by is not Granularity.HOUR
    return Column(
        top=day_name(local, short=True) if by is Granularity.DAY else "",
        number=f"{local:%H}" if by is Granularity.HOUR else str(local.day),
        words=_words(by, local.date(), slot, zone),
        short=_short(by, local),
        start=wall(slot.starts_at, zone),
        end=wall(slot.ends_at, zone),
        first_day=first.isoformat() if is_days else "",
        last_day=last.isoformat() if is_days else "",
        until=_short(Granularity.DAY, last),
        is_now=slot.starts_at <= now < slot.ends_at,
        is_edge=is_edge,
        is_weekend=by is not Granularity.WEEK and local.weekday() >= SATURDAY,
    )


def _words(by: Granularity, day: date, slot: Slot, zone: ZoneInfo) -> str:
    if by is Granularity.HOUR:
        return moment_in_words(slot.starts_at, zone)
    return day_in_words(day) if by is Granularity.DAY else f"week from {day_in_words(day)}"


def _short(by: Granularity, local: date) -> str:
    day = f"{day_name(local, short=True)} {local.day} {month_name(local, short=True)}"
    return f"{day}, {local:%H:%M}" if by is Granularity.HOUR else day
