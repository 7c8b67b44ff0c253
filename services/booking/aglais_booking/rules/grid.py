"""The grid of the calendar, packages by time: what each cell is for who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from aglais_booking.amounts import end_hour, first_hour
from aglais_booking.rules.skyline import Whole
from aglais_hub.models.accounts import Level
from aglais_hub.models.availability import AvailabilityRow, Cell, CellState, Slot
from aglais_hub.models.booking import Package, Resources

__all__ = ["Asked", "Grid", "Hours", "Mine"]


@dataclass(frozen=True)
class Asked:
    """A package, or a size of somebody's own choice, in the calendar.

    Parameters
    ----------
    package
        None: a size for which there is no package.
    """

    name: str
    title: str
    needs: Resources
    package: Package | None

    def is_bookable(self, level: Level | None) -> bool:
        """Tell whether a level may book it; of who has none, whether anybody may."""
        lowest = self.package.bookable_from_level if self.package else None
        return lowest is not None and (level is None or level >= lowest)


class Mine(NamedTuple):
    """A span of the asker's."""

    booking: str
    package: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Hours:
    """The hours of slots that are not over: rows of the arrays of what is free."""

    all: range
    first: Whole
    end: Whole

    @classmethod
    def of(cls, slots: Sequence[Slot], now: datetime) -> Hours:
        """Return them; of the slot that is on, the hours that are left."""
        begin = max(first_hour(slots[0].starts_at), first_hour(now))
        first = [max(first_hour(slot.starts_at), begin) - begin for slot in slots]
        end = [end_hour(slot.ends_at) - begin for slot in slots]
        every = range(begin, begin + end[-1])
        return cls(every, np.array(first, np.int64), np.array(end, np.int64))


class Grid:
    """The calendar as it is being made."""

    def __init__(self, slots: Sequence[Slot], now: datetime, level: Level | None) -> None:
        self.slots, self.now, self.level = slots, now, level
        self.over = sum(slot.ends_at <= now for slot in slots)
        self.mine: list[Mine] = []
        self.horizon = 0
        self.furthest_seconds: int | None = None
        self.counts: Whole | None = None

    @property
    def open(self) -> Sequence[Slot]:
        """Slots that are not over."""
        return self.slots[self.over :]

    def row(self, number: int, asked: Asked) -> AvailabilityRow:
        """Return a package's row."""
        past = [_cell(CellState.PAST, 0)] * self.over
        counts = [0] * len(self.open) if self.counts is None else self.counts[number].tolist()
        closed = self._closed(asked)
        mine = [one for one in self.mine if one.package == asked.name]
        return AvailabilityRow(
            package=asked.name,
            title=asked.title,
            is_bookable=asked.is_bookable(self.level),
            cells=(
                *past,
                *(
                    _cell_of(slot, mine, count, closed)
                    for slot, count in zip(self.open, counts, strict=True)
                ),
            ),
        )

    def _closed(self, asked: Asked) -> tuple[int, datetime | None]:
        """Return the hour at which the ledger ends, and the moment after which nothing starts."""
        seconds = asked.package.furthest_seconds if asked.package else None
        seconds = self.furthest_seconds if seconds is None else seconds
        return self.horizon, None if seconds is None else self.now + timedelta(seconds=seconds)


@lru_cache(maxsize=4096)
def _cell(state: CellState, count: int, booking: str | None = None) -> Cell:
    """Return a cell; they never change, and most of them are the same."""
    return Cell(state=state, count=count, booking=booking)


def _cell_of(
    slot: Slot, mine: Sequence[Mine], count: int, closed: tuple[int, datetime | None]
) -> Cell:
    for one in mine:
        if one.starts_at < slot.ends_at and slot.starts_at < one.ends_at:
            return _cell(CellState.MINE, count, one.booking)
    return _cell(_state(slot, count, closed), count)


def _state(slot: Slot, count: int, closed: tuple[int, datetime | None]) -> CellState:
    horizon, furthest = closed
    if end_hour(slot.ends_at) > horizon or (furthest is not None and slot.starts_at > furthest):
        return CellState.CLOSED
    return CellState.AVAILABLE if count else CellState.TAKEN
