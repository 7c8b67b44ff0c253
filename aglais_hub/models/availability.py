"""What of the packages is available when: available = physical - reserved."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from aglais_hub.models import AccountName, Model, Moment, Nickname, Nicknames
from aglais_hub.models.booking import Sharing

__all__ = [
    "Availability",
    "AvailabilityRequest",
    "AvailabilityRow",
    "Cell",
    "CellState",
    "Granularity",
    "Slot",
]

Word = Annotated[str, StringConstraints(max_length=64)]


class Granularity(StrEnum):
    """How long a column of the calendar is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


class AvailabilityRequest(Model):
    """Which packages, or which size, to show for which time."""

    model_config = ConfigDict(populate_by_name=True)

    package: Nicknames = Field(
        default=(), description="Which ones, such as medium, large; none: all"
    )
    period: Word | None = Field(
        default=None,
        description="today, tomorrow, this-week, next-week, this-month or next-month",
    )
    first: Word | None = Field(
        default=None,
        alias="from",
        title="From",
        description="Instead of a period: the first day, or a month such as 2026-05",
    )
    last: Word | None = Field(
        default=None, alias="to", title="To", description="The last day or month, itself included"
    )
    by: Granularity | None = Field(
        default=None, description="hour, day or week; none: as suits the period"
    )
    zone: Word = Field(default="UTC", title="Time zone", description="Such as Europe/London")
    cores: float | None = Field(
        default=None, gt=0, le=2**20, description="Of a size that you choose yourself"
    )
    memory_bytes: int | None = Field(
        default=None, gt=0, le=2**53, title="Memory", description="Such as 64 GiB"
    )
    gpus: int = Field(default=0, ge=0, le=2**20, title="GPUs")
    sharing: Sharing = Field(default=Sharing.MANAGED, description="Of what would be booked")
    site: Nickname | None = Field(default=None, description="Where; none: anywhere")
    hardware: Nicknames = Field(default=(), description="What the machines must have, such as gpu")
    account: AccountName | None = Field(
        default=None, description="Whose bookings are marked; none: your own"
    )
    without: str | None = Field(
        default=None,
        max_length=32,
        description="A booking that is taken as not there, since it is to be moved",
    )

    @model_validator(mode="after")
    def _whole_size(self) -> Self:
        if (self.cores is None) != (self.memory_bytes is None):
            message = "A size of your own needs both cores and memory_bytes"
            raise ValueError(message)
        if self.cores is None and self.gpus:
            message = "GPUs belong to a size of your own: give cores and memory_bytes too"
            raise ValueError(message)
        if self.period is not None and (self.first or self.last):
            message = "Give a period, or from and to, not both"
            raise ValueError(message)
        return self


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
    booking: str | None = Field(default=None, description="Of one that is mine: which it is")


class AvailabilityRow(Model):
    """A package at all times that were asked for."""

    package: Nickname
    title: str
    is_bookable: bool = Field(description="Whether the level of who asks may book it at all")
    cells: tuple[Cell, ...] = Field(description="One for each slot")


class Availability(Model):
    """Packages by time."""

    zone: str
    by: Granularity
    starts_at: Moment
    ends_at: Moment
    slots: tuple[Slot, ...]
    rows: tuple[AvailabilityRow, ...]
