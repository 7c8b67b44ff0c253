"""Pools over time: which hours are shown together, and what the machines have in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from aglais_booking.amounts import (
    Amount,
    Slot,
    Stretch,
    end_hour,
    first_hour,
    moment_of,
    promised_stretches,
    resources_of,
)
from aglais_booking.refusals import EndBeforeStartError, TooManySlotsError
from aglais_hub.models.availability import Granularity
from aglais_hub.models.booking import Pool
from aglais_hub.models.capacities import Capacity, TimelineSlot

__all__ = ["HOURS", "MOST_SLOTS", "hours_between", "slots_of"]

HOURS = {Granularity.HOUR: 1, Granularity.DAY: 24, Granularity.WEEK: 168}
"""Hours of a slot."""

MOST_SLOTS = 1000

USUAL = timedelta(days=28)
"""How long a timeline is if nobody says."""


def hours_between(
    start: datetime | None, end: datetime | None, hours: int, now: datetime
) -> tuple[int, int]:
    """Return the first hour and the end of a timeline; days begin at midnight in UTC.

    Raises
    ------
    EndBeforeStartError, TooManySlotsError
        It says what to ask for instead.
    """
    first = first_hour(start or now)
    if start is None and hours > 1:
        first -= first % 24
    stop = end_hour(end) if end is not None else first + int(USUAL.total_seconds()) // 3600
    if stop <= first:
        raise EndBeforeStartError("The end must be after the start.")
    if (stop - first) / hours > MOST_SLOTS:
        raise TooManySlotsError(
            f"That is more than {MOST_SLOTS} slots; ask for a shorter time, or by day or week."
        )
    return first, stop


def slots_of(
    pool: Pool, capacities: Iterable[Capacity], slots: Sequence[Slot], hours: int, end: int
) -> tuple[TimelineSlot, ...]:
    """Return the slots with what the machines have in them."""
    if not slots:
        return ()
    stretches = promised_stretches(pool, capacities, slots[0].first_hour, end)
    return tuple(
        _slot(pool, one, _least(stretches, one.first_hour, hours), min(one.first_hour + hours, end))
        for one in slots
    )


def _least(stretches: Sequence[Stretch], first: int, hours: int) -> Amount:
    """Return the least of all that touch some hours."""
    last = first + hours
    inside = [one.amount for one in stretches if one.first_hour < last and one.end_hour > first]
    return Amount(*map(min, *(amount.parts for amount in inside))) if inside[1:] else inside[0]


def _slot(pool: Pool, slot: Slot, promised: Amount, end: int) -> TimelineSlot:
    return TimelineSlot(
        starts_at=moment_of(slot.first_hour),
        ends_at=moment_of(end),
        physical=resources_of(promised, pool.core_overcommit),
        promisable=resources_of(promised),
        bookable=resources_of(slot.bookable),
        reserved=resources_of(slot.reserved),
        available=resources_of(slot.available),
        is_over_capacity=slot.is_over,
    )
