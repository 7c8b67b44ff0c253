"""What is to be done about a lease, and how large leases are; these rules ask nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from math import ceil

from aglais_booking.amounts import Amount, amount_of
from aglais_booking.refusals import LeaseNotAllowedError
from aglais_hub.models.booking import Pool, Resources
from aglais_hub.models.fair_use import FairUse
from aglais_hub.models.leases import BookingLease, LeaseState
from aglais_hub.web.show import span

__all__ = [
    "Step",
    "Unit",
    "all_there",
    "bookable_part",
    "check_fair_use",
    "foreign_id",
    "step_of",
    "units_of",
    "whole_minutes",
]

MINUTE = timedelta(minutes=1)

AGAIN = {LeaseState.REFUSED: timedelta(minutes=10), LeaseState.FAILED: timedelta(seconds=30)}
"""When what did not work is tried again."""


Row = tuple[int, int, int, int, int]
"""An hour, and cores in thousandths, memory, disk and GPUs."""


class Step(StrEnum):
    """What a reconciler does next about a lease."""

    NOTHING = "nothing"
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


@dataclass(frozen=True)
class Unit:
    """A host, or a server of the flavor that is leased."""

    cores: float
    memory_bytes: int


def units_of(needs: Resources, unit: Unit) -> int:
    """Return how many hosts, or servers, hold what a booking needs."""
    return max(1, ceil(needs.cores / unit.cores), ceil(needs.memory_bytes / unit.memory_bytes))


def whole_minutes(starts_at: datetime, ends_at: datetime) -> tuple[datetime, datetime]:
    """Return the whole minutes around a span: Blazar knows no seconds."""
    first = starts_at.replace(second=0, microsecond=0)
    last = ends_at.replace(second=0, microsecond=0)
    return first, last if last == ends_at else last + MINUTE


def step_of(lease: BookingLease, times: tuple[datetime, datetime], now: datetime) -> Step:
    """Return what brings a lease nearer to what is wanted.

    Parameters
    ----------
    times
        Start and end that it should have.
    """
    if lease.state in AGAIN and lease.tried_at and now < lease.tried_at + AGAIN[lease.state]:
        return Step.NOTHING
    if not lease.is_wanted:
        return Step.DELETE
    if lease.lease is None:
        return Step.CREATE
    is_right = (lease.starts_at, lease.ends_at) == times and lease.state is LeaseState.LEASED
    return Step.NOTHING if is_right else Step.CHANGE


def foreign_id(project: str, name: str, starts_at: datetime) -> str:
    """Return the id of the capacity that a lease of somebody else takes away.

    Blazar asks before the lease has an id of its own.
    """
    parts: Iterable[str] = (project, name, f"{starts_at:%Y-%m-%dT%H:%M}")
    return sha256("\0".join(parts).encode()).hexdigest()[:32]


def bookable_part(machines: Resources, pool: Pool) -> Amount:
    """Return how much less of a pool can be booked when it lacks some machines."""
    lacking = replace(amount_of(machines, pool.core_overcommit), disk_bytes=0)
    return lacking.share(100 - pool.kept_percent)


def all_there(before: Sequence[Row], after: Sequence[Row], part: Amount) -> bool:
    """Tell whether a pool that lacks some machines had all of them to spare.

    What had been booked, or was away already, makes less of a difference.

    Parameters
    ----------
    before, after
        Hours, and what was and is free of each resource.
    """
    return all(
        # Each sum was rounded down by itself.
        was - now >= lacking - 1
        for (_, *row), (_, *there) in zip(before, after, strict=True)
        for was, now, lacking in zip(row, there, part.parts, strict=True)
    )


def check_fair_use(
    fair_use: FairUse, who: str, starts_at: datetime, ends_at: datetime, now: datetime
) -> None:
    """Refuse a lease that is longer, or starts later, than somebody may book.

    Parameters
    ----------
    who
        Begins the sentences.

    Raises
    ------
    LeaseNotAllowedError
        It says what would be right.
    """
    seconds = (ends_at - starts_at).total_seconds()
    most = min(fair_use.longest_seconds, fair_use.window_booked_seconds or seconds)
    level = fair_use.level.word
    if fair_use.booking_count == 0:
        raise LeaseNotAllowedError(f"{who} may not lease: accounts of level {level} may not book.")
    if seconds > most:
        raise LeaseNotAllowedError(
            f"{who} may lease for {span(round(most))} at a time (level {level}), not for "
            f"{span(round(seconds))}. Make the lease shorter."
        )
    latest = now + timedelta(seconds=fair_use.furthest_seconds)
    if starts_at > latest:
        raise LeaseNotAllowedError(
            f"{who} may lease now what starts by {latest:%Y-%m-%d %H:%M} UTC (level {level})."
        )
