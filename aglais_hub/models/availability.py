"""What of the packages is available when: available = physical - reserved."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from aglais_hub.models import Model, Moment, Nickname

__all__ = ["Availability", "AvailabilityRow", "Cell", "CellState", "Granularity", "Slot"]


class Granularity(StrEnum):
    """How long a column of the calendar is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


class CellState(StrEnum):
    """What a package at a time is, for who asks."""

    AVAILABLE = "available"
    """It can be booked for all of that time."""
    TAKEN = "taken"
    MINE = "mine"
    """Who asks has booked it for that time, or a part of it."""
    PAST = "past"
    CLOSED = "closed"
    """Too far ahead to be booked yet."""


class Slot(Model):
    """A column: an hour, a day or a week in the asker's zone."""

    starts_at: Moment
    ends_at: Moment
    title: str = Field(description="In the asker's zone, such as Mon or May25")


class Cell(Model):
    """A package at a time."""

    state: CellState
    count: int = Field(ge=0, description="How many more of it fit, all the time of the slot")


class AvailabilityRow(Model):
    """A package at all times that were asked for."""

    package: Nickname
    title: str
    cells: tuple[Cell, ...] = Field(description="One for each slot")


class Availability(Model):
    """Packages by time."""

    zone: str
    by: Granularity
    starts_at: Moment
    ends_at: Moment
    slots: tuple[Slot, ...]
    rows: tuple[AvailabilityRow, ...]
