"""Queries for the calendar: what is free, what is somebody's own, how far ahead one may book.

They touch the hours that are shown and what lies on them, however much there is besides; and give
plain rows, since there may be thousands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import KINDS, BookingRow, FairUseRow, HoldRow, HourRow, SpanRow
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

Row = Sequence[int]
"""An hour, and for each kind of resource how much."""


class AvailabilityStore:
    """What the calendar shows."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def free(self, pools: Sequence[str], first: int, end: int) -> dict[str, list[Row]]:
        """Return by pool what can still be booked in each hour."""
        within = HourRow.pool.in_(pools) & (HourRow.hour >= first) & (HourRow.hour < end)
        query = select(HourRow.pool, HourRow.hour, *FREE).where(within)
        found: dict[str, list[Row]] = {pool: [] for pool in pools}
        for pool, *row in await self.session.execute(query):
            found[pool].append(row)
        return found

    async def excess(self, pool: str, first: int, end: int) -> list[Row]:
        """Return the hours in which more is booked than can be, and how much."""
        within = (HourRow.pool == pool) & (HourRow.hour >= first) & (HourRow.hour < end)
        query = select(HourRow.hour, *EXCESS).where(within)
        return [tuple(row) for row in await self.session.execute(query)]

    async def held(self, booking: str) -> list[tuple[str, Row]]:
        """Return pool and first hour, end hour and amounts of what a booking holds."""
        query = (
            select(HoldRow.pool, HoldRow.first_hour, HoldRow.end_hour, *HELD)
            .join(SpanRow, SpanRow.id == HoldRow.span)
            .where(SpanRow.booking == booking)
        )
        return [(row[0], tuple(row[1:])) for row in await self.session.execute(query)]

    async def spans_of(
        self, account: str, start: datetime, end: datetime
    ) -> list[tuple[str, str, datetime, datetime]]:
        """Return booking, package, start and end of an account's spans within some time."""
        query = (
            select(BookingRow.id, BookingRow.package, SpanRow.starts_at, SpanRow.ends_at)
            .join(SpanRow, SpanRow.booking == BookingRow.id)
            .where(
                BookingRow.account == account,
                BookingRow.ends_at > start,
                BookingRow.starts_at < end,
                SpanRow.ends_at > start,
                SpanRow.starts_at < end,
                SpanRow.state.in_(KEPT),
            )
        )
        return [tuple(row) for row in await self.session.execute(query)]  # type: ignore[misc]

    async def furthest_seconds(self, level: Level) -> int | None:
        """Return how far ahead the accounts of a level may book."""
        row = await self.session.get(FairUseRow, int(level))
        return row.furthest_seconds if row else None
