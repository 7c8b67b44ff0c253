"""Queries on the leases that stand behind spans."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import (
    BlazarLeaseRow,
    BookingRow,
    SpanRow,
)
from aglais_booking.stores.columns import limits_of
from aglais_hub.models.booking import Resources, Sharing
from aglais_hub.models.bookings import SpanState
from aglais_hub.models.leases import BookingLease, LeaseState

__all__ = ["BackedSpan", "BlazarLeaseStore"]

OPEN = (SpanState.BOOKED, SpanState.ACTIVE)
OF_ONES_OWN = (Sharing.RESERVED, Sharing.CUSTOM)


@dataclass(frozen=True)
class BackedSpan:
    """A span whose machines are to be leased, and what is leased now."""

    starts_at: datetime
    ends_at: datetime
    needs: Resources
    lease: BookingLease


class BlazarLeaseStore:
    """What is wanted and what is, by span."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def want_open(self, pools: Collection[str], now: datetime) -> None:
        """Want a lease for each span of one's own machines that has not ended."""
        known = select(BlazarLeaseRow.span)
        wanted = _open_spans(select(SpanRow.id), pools, now).where(SpanRow.id.not_in(known))
        rows = [
            {"span": span, "is_wanted": True, "state": LeaseState.WANTED}
            for span in await self.session.scalars(wanted)
        ]
        if rows:
            await self.session.execute(insert(BlazarLeaseRow), rows)

    async def unwant_others(self, pools: Collection[str], now: datetime) -> None:
        """Want no lease for spans that ended, were cancelled, or are not backed any more."""
        still = _open_spans(select(SpanRow.id), pools, now)
        gone = (BlazarLeaseRow.is_wanted == true()) & BlazarLeaseRow.span.not_in(still)
        values = {"is_wanted": False, "state": LeaseState.WANTED, "tried_at": None}
        await self.session.execute(update(BlazarLeaseRow).where(gone).values(values))

    async def spans(self) -> list[BackedSpan]:
        """Return all leases with their spans, the one that starts first at the head."""
        query = _joined().order_by(SpanRow.starts_at, SpanRow.id)
        return [_backed(*row) for row in await self.session.execute(query)]

    async def span(self, identifier: str) -> BackedSpan | None:
        """Return the lease of a span."""
        found = await self.session.execute(_joined().where(SpanRow.id == identifier))
        row = found.one_or_none()
        return _backed(*row) if row else None

    async def page(
        self, offset: int, limit: int, accounts: Collection[str] | None
    ) -> tuple[list[BookingLease], int]:
        """Return a part of all leases, or of some accounts', and how many there are."""
        seen = true() if accounts is None else BookingRow.account.in_(accounts)
        query = _joined().where(seen)
        total = await self.session.scalar(select(func.count()).select_from(query.subquery()))
        part = query.order_by(SpanRow.starts_at, SpanRow.id).offset(offset).limit(limit)
        return [_backed(*row).lease for row in await self.session.execute(part)], total or 0

    async def save(self, span: str, **values: Any) -> None:
        """Note what is."""
        one = update(BlazarLeaseRow).where(BlazarLeaseRow.span == span)
        await self.session.execute(one.values(values))

    async def forget(self, span: str) -> None:
        """Forget a lease that is not wanted and not there."""
        one = (BlazarLeaseRow.span == span) & (BlazarLeaseRow.is_wanted != true())
        await self.session.execute(delete(BlazarLeaseRow).where(one))

    async def problems(self, bookings: Collection[str]) -> dict[str, str]:
        """Return what Blazar said last, of those of some bookings that it does not back."""
        query = (
            select(SpanRow.booking, BlazarLeaseRow.problem)
            .join(SpanRow, SpanRow.id == BlazarLeaseRow.span)
            .where(SpanRow.booking.in_(bookings), BlazarLeaseRow.is_wanted == true())
            .where(BlazarLeaseRow.problem.is_not(None))
        )
        found = await self.session.execute(query)
        return {booking: problem for booking, problem in found if problem}


def _open_spans(query: Any, pools: Collection[str], now: datetime) -> Any:
    return (
        query.join(BookingRow, BookingRow.id == SpanRow.booking)
        .where(SpanRow.state.in_(OPEN), SpanRow.ends_at > now)
        .where(BookingRow.pool.in_(pools), BookingRow.sharing.in_(OF_ONES_OWN))
    )


def _joined() -> Any:
    return (
        select(BlazarLeaseRow, SpanRow, BookingRow)
        .join(SpanRow, SpanRow.id == BlazarLeaseRow.span)
        .join(BookingRow, BookingRow.id == SpanRow.booking)
    )


FIELDS = ("span", "lease", "is_wanted", "starts_at", "ends_at", "problem", "tried_at")


def _backed(row: BlazarLeaseRow, span: SpanRow, booking: BookingRow) -> BackedSpan:
    facts = {name: getattr(row, name) for name in FIELDS}
    lease = BookingLease(
        booking=booking.id, account=booking.account, state=LeaseState(row.state), **facts
    )
    return BackedSpan(span.starts_at, span.ends_at, limits_of(booking).total, lease)
