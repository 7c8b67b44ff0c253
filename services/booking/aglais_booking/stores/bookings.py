"""Queries on bookings, their spans and their history."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import BookingRow, ChangeRow, SpanRow
from aglais_booking.stores.columns import joined, limit_columns, limits_of, split
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Sharing
from aglais_hub.models.bookings import Booking, BookingChange, BookingState, Span, SpanState

__all__ = ["BookingStore", "ChangeStore"]


class BookingStore:
    """Bookings with their spans."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def add(self, booking: Booking) -> None:
        """Keep a new one."""
        await self.session.execute(insert(BookingRow).values(**_columns(booking)))
        await self.session.execute(insert(SpanRow), _spans(booking))

    async def get(self, identifier: str) -> Booking | None:
        """Return a booking."""
        row = await self.session.get(BookingRow, identifier, populate_existing=True)
        return (await self._whole([row]))[0] if row else None

    async def page(
        self, offset: int, limit: int, accounts: Collection[str] | None
    ) -> tuple[list[Booking], int]:
        """Return a part of all bookings, or of some accounts', the latest first; and how many."""
        seen = true() if accounts is None else BookingRow.account.in_(accounts)
        count = select(func.count()).select_from(BookingRow).where(seen)
        total = (await self.session.execute(count)).scalar_one()
        ordered = select(BookingRow).where(seen).order_by(BookingRow.ends_at.desc(), BookingRow.id)
        rows = (await self.session.scalars(ordered.offset(offset).limit(limit))).all()
        return await self._whole(rows), total

    async def ending_after(self, account: str, moment: datetime) -> list[Booking]:
        """Return an account's bookings that end after a moment, the first one first."""
        of = (BookingRow.account == account) & (BookingRow.ends_at > moment)
        query = select(BookingRow).where(of).order_by(BookingRow.ends_at, BookingRow.id)
        return await self._whole((await self.session.scalars(query)).all())

    async def _whole(self, rows: Sequence[BookingRow]) -> list[Booking]:
        of = SpanRow.booking.in_([row.id for row in rows])
        spans = await self.session.scalars(select(SpanRow).where(of).order_by(SpanRow.starts_at))
        found: dict[str, list[Span]] = {row.id: [] for row in rows}
        for span in spans:
            found[span.booking].append(_span(span))
        return [_booking(row, found[row.id]) for row in rows]

    async def save(self, booking: Booking) -> None:
        """Change a booking and its spans; which spans it has stays."""
        same = update(BookingRow).where(BookingRow.id == booking.id)
        await self.session.execute(same.values(**_columns(booking)))
        for span in booking.spans:
            values = span.model_dump(include={"starts_at", "ends_at", "state"})
            one = update(SpanRow).where(SpanRow.id == span.id)
            await self.session.execute(one.values(**values))

    async def named(self, identifiers: Collection[str]) -> list[Booking]:
        """Return these bookings, the latest made first."""
        of = select(BookingRow).where(BookingRow.id.in_(identifiers))
        latest = of.order_by(BookingRow.created_at.desc(), BookingRow.id)
        return await self._whole((await self.session.scalars(latest)).all())


class ChangeStore:
    """The history of bookings."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def add(
        self,
        booking: str,
        by: str,
        what: str,
        *,
        span: str | None = None,
        old: str | None = None,
        new: str | None = None,
        why: str | None = None,
    ) -> None:
        """Note that somebody did something."""
        facts = {"span": span, "old": old, "new": new, "why": why}
        await self.session.execute(
            insert(ChangeRow).values(booking=booking, at=utcnow(), by=by, what=what, **facts)
        )

    async def of(self, booking: str) -> list[BookingChange]:
        """Return the history of a booking, the latest first."""
        query = select(ChangeRow).where(ChangeRow.booking == booking).order_by(ChangeRow.id.desc())
        fields = BookingChange.model_fields
        return [
            BookingChange(**{name: getattr(row, name) for name in fields})
            for row in await self.session.scalars(query)
        ]


def _span(row: SpanRow) -> Span:
    return Span(id=row.id, starts_at=row.starts_at, ends_at=row.ends_at, state=SpanState(row.state))


def _spans(booking: Booking) -> list[dict[str, Any]]:
    return [{"booking": booking.id, **span.model_dump()} for span in booking.spans]


def _booking(row: BookingRow, spans: Iterable[Span]) -> Booking:
    return Booking(
        id=row.id,
        account=row.account,
        name=row.name,
        package=row.package,
        sharing=Sharing(row.sharing),
        environment=row.environment,
        pool=row.pool,
        site=row.site,
        hardware=split(row.hardware),
        limits=limits_of(row),
        zone=row.zone,
        state=BookingState(row.state),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        spans=tuple(spans),
        recurrence=row.recurrence,
        created_at=row.created_at,
        sequence=row.sequence,
    )


def _columns(booking: Booking) -> dict[str, Any]:
    other = {"limits", "spans", "hardware", "is_over_capacity"}
    own = booking.model_dump(exclude=other)
    return own | limit_columns(booking.limits) | {"hardware": joined(booking.hardware)}
