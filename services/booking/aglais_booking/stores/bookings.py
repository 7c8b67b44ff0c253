"""Queries on bookings, their spans and their history."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import Base, BookingRow, ChangeRow, SpanRow
from aglais_booking.stores.columns import joined, limit_columns, limits_of, split
from aglais_hub.database import Keyset
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Sharing
from aglais_hub.models.bookings import Booking, BookingChange, BookingState, Span, SpanState
from aglais_hub.paging import Batch, Window

__all__ = ["BookingStore", "ChangeStore"]

LAST: Keyset[BookingRow] = Keyset(BookingRow.ends_at, BookingRow.id)

# Of the tables, not of the rows' classes: for those the ORM does much that nobody needs here.
NEW_BOOKING = insert(Base.metadata.tables["bookings"])
NEW_SPAN = insert(Base.metadata.tables["spans"])
NEW_CHANGE = insert(Base.metadata.tables["changes"])


class BookingStore:
    """Bookings with their spans."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def add(self, booking: Booking) -> None:
        """Keep a new one."""
        await self.session.execute(NEW_BOOKING, _columns(booking))
        await self.session.execute(NEW_SPAN, _spans(booking))

    async def get(self, identifier: str) -> Booking | None:
        """Return a booking."""
        row = await self.session.get(BookingRow, identifier, populate_existing=True)
        return (await self._whole([row]))[0] if row else None

    async def lock_account(self, account: str) -> None:
        """Let nobody else book for an account until the transaction ends.

        SQLite has one writer at a time anyway.
        """
        if self.session.get_bind().dialect.name == "postgresql":
            key = func.hashtextextended(f"bookings of {account}", 0)
            await self.session.execute(select(func.pg_advisory_xact_lock(key)))

    async def page(
        self,
        window: Window,
        accounts: Collection[str] | None,
        states: Collection[BookingState] = (),
    ) -> Batch[Booking]:
        """Return a part of all bookings, those that end last first, or of some accounts'."""
        query = select(BookingRow)
        if accounts is not None:
            query = query.where(BookingRow.account.in_(accounts))
        if states:
            query = query.where(BookingRow.state.in_(states))
        rows, following = await LAST.rows(self.session, query, window)
        return Batch(await self._whole(rows), following, window.after is None)

    async def live(self, account: str, now: datetime) -> list[str]:
        """Return the packages of an account's bookings that are not over, one for each."""
        still = BookingRow.state.in_((BookingState.BOOKED, BookingState.ACTIVE))
        query = select(BookingRow.package).where(
            BookingRow.account == account, BookingRow.ends_at > now, still
        )
        return list((await self.session.scalars(query)).all())

    async def booked(
        self, account: str, first: datetime, end: datetime
    ) -> list[tuple[str, datetime, datetime]]:
        """Return an account's spans that touch a time and took place, or will: id, start, end."""
        query = (
            select(SpanRow.id, SpanRow.starts_at, SpanRow.ends_at)
            .join(BookingRow, SpanRow.booking == BookingRow.id)
            .where(
                BookingRow.account == account,
                BookingRow.ends_at > first,
                SpanRow.ends_at > first,
                SpanRow.starts_at < end,
                SpanRow.state != SpanState.CANCELLED,
            )
        )
        return [(span, start, stop) for span, start, stop in await self.session.execute(query)]

    async def ending_after(self, account: str, moment: datetime) -> list[Booking]:
        """Return an account's bookings that end after a moment, the first one first."""
        of = (BookingRow.account == account) & (BookingRow.ends_at > moment)
        query = select(BookingRow).where(of).order_by(BookingRow.ends_at, BookingRow.id)
        return await self._whole((await self.session.scalars(query)).all())

    async def _whole(self, rows: Sequence[BookingRow]) -> list[Booking]:
        if not rows:
            return []
        of = SpanRow.booking.in_([row.id for row in rows])
        spans = await self.session.scalars(select(SpanRow).where(of).order_by(SpanRow.starts_at))
        found: dict[str, list[Span]] = {row.id: [] for row in rows}
        for span in spans:
            found[span.booking].append(_span(span))
        return [_booking(row, found[row.id]) for row in rows]

    async def rename(self, booking: Booking) -> None:
        """Change what a booking is called, and its environment."""
        values = booking.model_dump(include={"name", "environment"})
        same = update(BookingRow).where(BookingRow.id == booking.id)
        await self.session.execute(same.values(**values))

    async def save(self, booking: Booking, changed: Iterable[Span] = ()) -> None:
        """Change a booking, and some of its spans."""
        same = update(BookingRow).where(BookingRow.id == booking.id)
        await self.session.execute(same.values(**_columns(booking)))
        rows = [span.model_dump() for span in changed]
        # By their keys, all in one statement.
        if rows:
            await self.session.execute(update(SpanRow), rows)

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
        row = {"booking": booking, "at": utcnow(), "by": by, "what": what, **facts}
        await self.session.execute(NEW_CHANGE, row)

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
    other = {"limits", "spans", "hardware", *Booking.observed}
    own = booking.model_dump(exclude=other)
    return own | limit_columns(booking.limits) | {"hardware": joined(booking.hardware)}
