"""Amounts of resources as the ledger counts them: whole numbers, by hours since 1970 in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import ceil, floor
from typing import TYPE_CHECKING

from aglais_hub.models.booking import Resources
from aglais_hub.models.capacities import Capacity, CapacityEffect

if TYPE_CHECKING:
    from aglais_hub.models.booking import Pool, Sharing

__all__ = [
    "HOUR_SECONDS",
    "NOT_COUNTED",
    "Amount",
    "Held",
    "Slot",
    "Stretch",
    "bookable_stretches",
    "cost_of",
    "end_hour",
    "first_hour",
    "moment_of",
    "promised_stretches",
    "resources_of",
]

HOUR_SECONDS = 3600

NOT_COUNTED = 2**60
"""Stands for a resource of which a pool has as much as anybody asks for."""


@dataclass(frozen=True)
class Amount:
    """A vector of resources; cores in thousandths, the rest in ones."""

    millicores: int = 0
    memory_bytes: int = 0
    disk_bytes: int = 0
    gpus: int = 0

    def plus(self, other: Amount, times: int = 1) -> Amount:
        """Return the sum; what is not counted stays so."""
        return Amount(
            *(
                one if one >= NOT_COUNTED else max(0, one + times * more)
                for one, more in zip(self.parts, other.parts, strict=True)
            )
        )

    def share(self, percent: int) -> Amount:
        """Return so many hundredths of it, rounded down."""
        return Amount(*(one if one >= NOT_COUNTED else one * percent // 100 for one in self.parts))

    def least(self, other: Amount) -> Amount:
        """Return the smaller one, of each resource."""
        return Amount(*map(min, self.parts, other.parts))

    def most(self, other: Amount) -> Amount:
        """Return the larger one, of each resource."""
        return Amount(*map(max, self.parts, other.parts))

    def fits(self, room: Amount) -> bool:
        """Tell whether it is no more than `room`, in all resources."""
        return all(one <= other for one, other in zip(self.parts, room.parts, strict=True))

    @property
    def parts(self) -> tuple[int, int, int, int]:
        """Cores, memory, disk, GPUs."""
        return (self.millicores, self.memory_bytes, self.disk_bytes, self.gpus)


@dataclass(frozen=True)
class Stretch:
    """An amount for some hours, the last one excluded."""

    first_hour: int
    end_hour: int
    amount: Amount


@dataclass(frozen=True)
class Slot:
    """Hours of a pool: what could be booked, was booked, and was free, in the worst of them."""

    first_hour: int
    bookable: Amount
    reserved: Amount
    available: Amount
    is_over: bool


@dataclass(frozen=True)
class Held:
    """An amount that a span holds, from a moment up to another."""

    starts_at: datetime
    ends_at: datetime
    amount: Amount


def first_hour(moment: datetime) -> int:
    """Return the hour in which a moment lies."""
    return floor(moment.timestamp() / HOUR_SECONDS)


def end_hour(moment: datetime) -> int:
    """Return the first hour that begins at a moment or later."""
    return ceil(moment.timestamp() / HOUR_SECONDS)


def moment_of(hour: int) -> datetime:
    """Return when an hour begins."""
    return datetime.fromtimestamp(hour * HOUR_SECONDS, UTC)


def resources_of(amount: Amount, overcommit: float = 1.0) -> Resources:
    """Return an amount for people; cores divided by how often they are promised."""
    # What is left of a resource that is not counted is not counted either.
    disk = None if amount.disk_bytes >= NOT_COUNTED // 2 else amount.disk_bytes
    return Resources(
        cores=round(amount.millicores / 1000 / overcommit, 6),
        memory_bytes=amount.memory_bytes,
        disk_bytes=disk,
        gpus=amount.gpus,
    )


def amount_of(resources: Resources, overcommit: float = 1.0, *, up: bool = False) -> Amount:
    """Return resources as they are counted; rounded up where they are taken."""
    rounded = ceil if up else floor
    # Tenths of cores are no exact numbers in binary: 2.3 * 1000 is a little less than 2300.
    millicores = rounded(round(resources.cores * overcommit * 1000, 3))
    disk = NOT_COUNTED if resources.disk_bytes is None else resources.disk_bytes
    return Amount(millicores, resources.memory_bytes, disk, resources.gpus)


def cost_of(total: Resources, sharing: Sharing, pool: Pool) -> Amount:
    """Return what a booking of a package takes of a pool.

    Cores of one's own are taken as often as they would have been promised to others.
    """
    times = pool.core_overcommit if sharing in {"reserved", "custom"} else 1.0
    return amount_of(total, times, up=True)


def bookable_stretches(
    pool: Pool, capacities: Iterable[Capacity], first: int, end: int
) -> list[Stretch]:
    """Return what of a pool can be booked: what can be promised, without what is kept."""
    return [
        Stretch(one.first_hour, one.end_hour, one.amount.share(100 - pool.kept_percent))
        for one in promised_stretches(pool, capacities, first, end)
    ]


def promised_stretches(
    pool: Pool, capacities: Iterable[Capacity], first: int, end: int
) -> list[Stretch]:
    """Return what of a pool can be promised, by stretches of hours without a change.

    An allocation counts for the hours that are wholly in it; what is away, for each hour that
    it touches.

    Parameters
    ----------
    first, end
        Hours since 1970; `end` is excluded.
    """
    turns = [_turn(pool, capacity) for capacity in capacities]
    edges = sorted({first, end, *(hour for turn in turns for hour in turn[:2])})
    inside = [hour for hour in edges if first <= hour <= end]
    return [Stretch(begin, stop, _promised(pool, turns, begin)) for begin, stop in pairwise(inside)]


Turn = tuple[int, int, Amount, int]
ENDLESS = 2**31 - 1


def _turn(pool: Pool, capacity: Capacity) -> Turn:
    amount = Amount(
        floor(round(capacity.cores * pool.core_overcommit * 1000, 3)),
        capacity.memory_bytes,
        capacity.disk_bytes,
        capacity.gpus,
    )
    until = capacity.ends_at
    if capacity.effect is CapacityEffect.ADDS:
        stop = ENDLESS if until is None else first_hour(until)
        return (end_hour(capacity.starts_at), stop, amount, 1)
    stop = ENDLESS if until is None else end_hour(until)
    return (first_hour(capacity.starts_at), stop, amount, -1)


def _promised(pool: Pool, turns: Sequence[Turn], hour: int) -> Amount:
    total = amount_of(pool.resources, pool.core_overcommit)
    now = [turn for turn in turns if turn[0] <= hour < turn[1]]
    for _, _, amount, sign in sorted(now, key=lambda turn: -turn[3]):
        total = total.plus(amount, sign)
    return total
