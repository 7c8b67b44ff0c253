"""Queries on all that is kept of an account that leaves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import (
    AnswerRow,
    BookingRow,
    ChangeRow,
    HoldRow,
    RequestRow,
    SpanRow,
)
from aglais_hub.models.bookings import BookingState, SpanState

__all__ = ["NOBODY", "DepartureStore"]

NOBODY = "departed"
"""Stands for all who have left; it is reserved, so that nobody is called so."""

LIVE_SPANS = (SpanState.BOOKED, SpanState.ACTIVE)
LIVE_BOOKINGS = (BookingState.BOOKED, BookingState.ACTIVE)


class DepartureStore:
    """What an account leaves behind."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def pools_of(self, account: str) -> list[str]:
        """Return the pools in which something is held for an account, in the order of locks."""
        query = (
            select(HoldRow.pool)
            .join(SpanRow, SpanRow.id == HoldRow.span)
            .join(BookingRow, BookingRow.id == SpanRow.booking)
            .where(BookingRow.account == account)
        )
        return sorted(set((await self.session.scalars(query)).all()))

    async def give_back(self, account: str, now: datetime) -> int:
        """Hold nothing for an account any more; return how many spans that ends."""
        mine = select(BookingRow.id).where(BookingRow.account == account)
        query = select(SpanRow.id).where(
            SpanRow.booking.in_(mine), SpanRow.state.in_(LIVE_SPANS), SpanRow.ends_at > now
        )
        spans = list((await self.session.scalars(query)).all())
        for part in (spans[n : n + 500] for n in range(0, len(spans), 500)):
            await self._end(part)
        live = (BookingRow.account == account) & BookingRow.state.in_(LIVE_BOOKINGS)
        # What of a booking took place has ended; what was never to be is cancelled.
        used = select(SpanRow.booking).where(SpanRow.state != SpanState.CANCELLED)
        ended = live & BookingRow.id.in_(used)
        await self._set(update(BookingRow).where(ended), state=BookingState.ENDED)
        await self._set(update(BookingRow).where(live), state=BookingState.CANCELLED)
        return len(spans)

    async def _end(self, spans: list[str]) -> None:
        await self.session.execute(delete(HoldRow).where(HoldRow.span.in_(spans)))
        # Who keeps leases sees by the state that none is wanted any more.
        ended = update(SpanRow).where(SpanRow.id.in_(spans))
        await self._set(ended, state=SpanState.CANCELLED)

    async def forget(self, account: str) -> int:
        """Forget whose bookings these were, and what was written; return how many there are."""
        mine = select(BookingRow.id).where(BookingRow.account == account)
        history = update(ChangeRow).where(ChangeRow.booking.in_(mine))
        await self._set(history, old=None, new=None, why=None)
        for row in (ChangeRow, AnswerRow):
            await self._set(update(row).where(row.by == account), by=NOBODY)
        decided = update(RequestRow).where(RequestRow.decided_by == account)
        await self._set(decided, decided_by=NOBODY)
        bookings = update(BookingRow).where(BookingRow.account == account)
        return await self._set(bookings, account=NOBODY, name=NOBODY)

    async def _set(self, change: Any, **values: Any) -> int:
        done = await self.session.execute(change.values(**values))
        return int(done.rowcount)  # type: ignore[attr-defined]
