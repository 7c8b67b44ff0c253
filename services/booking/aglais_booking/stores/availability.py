"""Queries for the calendar: what is free, what is somebody's own, how far ahead one may book.

They touch the hours that are shown and what lies on them, however much there is besides; and give
plain rows, since there may be thousands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import KINDS, BookingRow, FairUseRow, HoldRow, HourRow, SpanRow
from aglais_hub.database import UtcDateTime
from aglais_hub.models.accounts import Level
from aglais_hub.models.bookings import SpanState

__all__ = ["AvailabilityStore"]

FREE = [
    getattr(HourRow, f"bookable_{kind}")
    + getattr(HourRow, f"excess_{kind}")
    - getattr(HourRow, f"reserved_{kind}")
    for kind in KINDS
]
EXCESS = [getattr(HourRow, f"excess_{kind}") for kind in KINDS]
HELD = [getattr(HoldRow, kind) for kind in KINDS]
KEPT = (SpanState.BOOKED, SpanState.ACTIVE)

FIRST, END = bindparam("first", type_=Integer), bindparam("end", type_=Integer)
WITHIN = (HourRow.hour >= FIRST) & (HourRow.hour < END)

# Written once: to put a query together takes longer than to ask it.
FREE_OF = select(HourRow.pool, HourRow.hour, *FREE).where(
    HourRow.pool.in_(bindparam("pools", expanding=True)), WITHIN
)
EXCESS_OF = select(HourRow.hour, *EXCESS).where(HourRow.pool == bindparam("pool"), WITHIN)
HELD_BY = (
    select(HoldRow.pool, HoldRow.first_hour, HoldRow.end_hour, *HELD)
    .join(SpanRow, SpanRow.id == HoldRow.span)
    .where(SpanRow.booking == bindparam("booking"))
)
START, STOP = bindparam("start", type_=UtcDateTime), bindparam("stop", type_=UtcDateTime)
SPANS_OF = (
    select(BookingRow.id, BookingRow.package, SpanRow.starts_at, SpanRow.ends_at)
    .join(SpanRow, SpanRow.booking == BookingRow.id)
    .where(
        BookingRow.account == bindparam("account"),
        BookingRow.ends_at > START,
        BookingRow.starts_at < STOP,
        SpanRow.ends_at > START,
        SpanRow.starts_at < STOP,
        SpanRow.state.in_(KEPT),
    )
)

FURTHEST = select(FairUseRow.furthest_seconds).where(FairUseRow.level == bindparam("level"))

Row = Sequence[int]
"""An hour, and for each kind of resource how much."""


class AvailabilityStore:
    """What the calendar shows."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def free(self, pools: Sequence[str], first: int, end: int) -> dict[str, list[Row]]:
        """Return by pool what can still be booked in each hour."""
        found: dict[str, list[Row]] = {pool: [] for pool in pools}
        given = {"pools": list(pools), "first": first, "end": end}
        for pool, *row in await self.session.execute(FREE_OF, given):
            found[pool].append(row)
        return found

    async def excess(self, pool: str, first: int, end: int) -> list[Row]:
        """Return for each hour how much more is booked than can be."""
        given = {"pool": pool, "first": first, "end": end}
        return [tuple(row) for row in await self.session.execute(EXCESS_OF, given)]

    async def held(self, booking: str) -> list[tuple[str, Row]]:
        """Return pool and first hour, end hour and amounts of what a booking holds."""
        rows = await self.session.execute(HELD_BY, {"booking": booking})
        return [(row[0], tuple(row[1:])) for row in rows]

    async def spans_of(
        self, account: str, start: datetime, end: datetime
    ) -> list[tuple[str, str, datetime, datetime]]:
        """Return booking, package, start and end of an account's spans within some time."""
        given = {"account": account, "start": start, "stop": end}
        rows = await self.session.execute(SPANS_OF, given)
        return [tuple(row) for row in rows]  # type: ignore[misc]

    async def furthest_seconds(self, level: Level) -> int | None:
        """Return how far ahead the accounts of a level may book."""
        return await self.session.scalar(FURTHEST, {"level": int(level)})
