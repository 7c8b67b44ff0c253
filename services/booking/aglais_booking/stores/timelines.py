"""Queries on pools over time: what is booked, and what is booked over capacity."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.amounts import Amount, Slot
from aglais_booking.schema import KINDS, OVER, HoldRow, HourRow, SpanRow

__all__ = ["TimelineStore"]


class TimelineStore:
    """Pools over time."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def slots(self, pool: str, first: int, end: int, hours: int) -> list[Slot]:
        """Return hours of a pool, so many together; those that it does not have are left out."""
        number = (HourRow.hour - literal(first)) // hours
        within = (HourRow.pool == pool) & (HourRow.hour >= first) & (HourRow.hour < end)
        query = select(number.label("slot"), *_parts()).where(within).group_by("slot")
        rows = await self.session.execute(query.order_by("slot"))
        return [_slot(first, hours, tuple(row)) for row in rows]

    async def over(self, pool: str, since: int) -> list[str]:
        """Return the bookings of a pool that are over capacity in an hour, or later."""
        query = self._over(since).where(HourRow.pool == pool)
        return list((await self.session.scalars(query)).all())

    async def over_among(self, bookings: Collection[str], since: int) -> set[str]:
        """Return which of these bookings are over capacity in an hour, or later."""
        query = self._over(since).where(SpanRow.booking.in_(bookings))
        return set((await self.session.scalars(query)).all())

    def _over(self, since: int) -> Select[str]:
        """Say it so that databases find the few hours first: there is an index of those."""
        held = (HoldRow.pool == HourRow.pool) & HourRow.hour.between(
            HoldRow.first_hour, HoldRow.end_hour - 1
        )
        return (
            select(SpanRow.booking)
            .join(HoldRow, HoldRow.span == SpanRow.id)
            .join(HourRow, held)
            .where(OVER, HourRow.hour >= since, _takes_what_lacks())
            .distinct()
            .order_by(SpanRow.booking)
        )


def _takes_what_lacks() -> ColumnElement[bool]:
    """Say that a hold takes of a resource of which more is booked than there is."""
    return or_(
        *((getattr(HourRow, f"excess_{kind}") > 0) & (getattr(HoldRow, kind) > 0) for kind in KINDS)
    )


def _parts() -> list[Any]:
    bookable = [getattr(HourRow, f"bookable_{kind}") for kind in KINDS]
    reserved = [getattr(HourRow, f"reserved_{kind}") for kind in KINDS]
    excess = [getattr(HourRow, f"excess_{kind}") for kind in KINDS]
    free = [func.min(b - r) for b, r in zip(bookable, reserved, strict=True)]
    return [
        *map(func.min, bookable),
        *map(func.max, reserved),
        *free,
        *map(func.max, excess),
    ]


def _slot(first: int, hours: int, row: tuple[int, ...]) -> Slot:
    slot, *parts = row
    bookable, reserved, free, excess = (parts[n : n + 4] for n in range(0, 16, 4))
    return Slot(
        first_hour=first + slot * hours,
        bookable=Amount(*bookable),
        reserved=Amount(*reserved),
        available=Amount(*(max(0, one) for one in free)),
        is_over=any(excess),
    )
