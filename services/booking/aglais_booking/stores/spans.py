"""Queries on spans by the clock: which are due, which are on, what they hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.amounts import Amount, Held
from aglais_booking.schema import AdmissionRow, BookingRow, HoldRow, SpanRow
from aglais_hub.models.bookings import BookingState, SpanState

__all__ = ["ClockSpan", "SpanStore", "is_on"]

LIVE = (SpanState.BOOKED.value, SpanState.ACTIVE.value)
"""States of spans that hold their resources."""


@dataclass(frozen=True)
class ClockSpan:
    """A span, and what the clock needs to know of its booking."""

    id: str
    booking: str
    account: str
    pool: str
    state: SpanState
    starts_at: datetime
    ends_at: datetime
    used_at: datetime | None
    reminded_at: datetime | None
    created_at: datetime


FIELDS: tuple[Any, ...] = (
    SpanRow.id,
    SpanRow.booking,
    BookingRow.account,
    BookingRow.pool,
    SpanRow.state,
    SpanRow.starts_at,
    SpanRow.ends_at,
    SpanRow.used_at,
    SpanRow.reminded_at,
    BookingRow.created_at,
)


class SpanStore:
    """Spans of bookings, as the clock sees them."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def pools_due(self, now: datetime) -> list[str]:
        """Return the pools in which the state of a span is not that of the time."""
        query = select(BookingRow.pool).join(SpanRow, SpanRow.booking == BookingRow.id)
        return sorted(set(await self.session.scalars(query.where(_due(now)).distinct())))

    async def due(self, pool: str, now: datetime, limit: int) -> list[ClockSpan]:
        """Return spans of a pool which should have begun or ended, the earliest first."""
        query = _spans().where(BookingRow.pool == pool, _due(now))
        return await self._found(query.order_by(SpanRow.starts_at).limit(limit))

    async def get(self, identifier: str) -> ClockSpan | None:
        """Return a span."""
        found = await self._found(_spans().where(SpanRow.id == identifier))
        return found[0] if found else None

    async def move(self, span: ClockSpan, new: SpanState) -> bool:
        """Change a span's state, if it is still what it was; tell whether."""
        same = and_(
            SpanRow.id == span.id,
            SpanRow.state == span.state.value,
            SpanRow.starts_at == span.starts_at,
            SpanRow.ends_at == span.ends_at,
        )
        done = await self.session.execute(update(SpanRow).where(same).values(state=new.value))
        return bool(done.rowcount)  # type: ignore[attr-defined]

    async def states(self, booking: str) -> list[SpanState]:
        """Return the states of a booking's spans."""
        query = select(SpanRow.state).where(SpanRow.booking == booking)
        return [SpanState(state) for state in await self.session.scalars(query)]

    async def set_booking_state(self, booking: str, state: BookingState) -> None:
        """Note what a booking's spans say together."""
        same = update(BookingRow).where(BookingRow.id == booking)
        await self.session.execute(same.values(state=state.value))

    async def bookings_on(self, account: str, now: datetime) -> list[str]:
        """Return the bookings of an account that are on."""
        query = (
            select(SpanRow.booking)
            .join(BookingRow, BookingRow.id == SpanRow.booking)
            .where(BookingRow.account == account, BookingRow.ends_at > now, is_on(now))
        )
        return list(dict.fromkeys(await self.session.scalars(query)))

    async def live(self, bookings: Collection[str]) -> list[ClockSpan]:
        """Return the spans of some bookings that are on or to come, by their start."""
        query = _spans().where(SpanRow.booking.in_(bookings), SpanRow.state.in_(LIVE))
        return await self._found(query.order_by(SpanRow.starts_at))

    async def held(self, pool: str, first: datetime, end: datetime) -> list[Held]:
        """Return what spans hold of a pool between two moments."""
        amount = (HoldRow.millicores, HoldRow.memory_bytes, HoldRow.disk_bytes, HoldRow.gpus)
        query = (
            select(SpanRow.starts_at, SpanRow.ends_at, *amount)
            .join(HoldRow, HoldRow.span == SpanRow.id)
            .where(
                HoldRow.pool == pool,
                SpanRow.state.in_(LIVE),
                SpanRow.starts_at < end,
                SpanRow.ends_at > first,
            )
        )
        rows = await self.session.execute(query)
        return [Held(starts, ends, Amount(*parts)) for starts, ends, *parts in rows]

    async def touch(self, now: datetime) -> None:
        """Note of all spans that are on and have a session that they are used."""
        has_session = exists().where(AdmissionRow.booking == SpanRow.booking)
        on = and_(SpanRow.state == SpanState.ACTIVE.value, SpanRow.starts_at <= now)
        used = update(SpanRow).where(on, has_session).values(used_at=now)
        await self.session.execute(used.execution_options(synchronize_session=False))

    async def use(self, booking: str, now: datetime) -> None:
        """Note that a session of a booking begins."""
        on = update(SpanRow).where(SpanRow.booking == booking, is_on(now))
        await self.session.execute(on.values(used_at=now))

    async def idle(self, since: datetime, now: datetime) -> list[ClockSpan]:
        """Return spans that are on, and that nobody has used since some moment."""
        last = func.coalesce(SpanRow.used_at, SpanRow.starts_at)
        query = _spans().where(
            SpanRow.state == SpanState.ACTIVE.value,
            SpanRow.starts_at <= since,
            SpanRow.ends_at > now,
            last <= since,
        )
        return await self._found(query.order_by(SpanRow.starts_at))

    async def has_session(self, booking: str) -> bool:
        """Tell whether a booking has a session."""
        query = select(func.count()).where(AdmissionRow.booking == booking)
        return bool((await self.session.execute(query)).scalar_one())

    async def starting(self, first: datetime, end: datetime) -> list[ClockSpan]:
        """Return spans that begin between two moments."""
        query = _spans().where(
            SpanRow.state == SpanState.BOOKED.value,
            SpanRow.starts_at > first,
            SpanRow.starts_at <= end,
        )
        return await self._found(query)

    async def ending(self, first: datetime, end: datetime) -> list[ClockSpan]:
        """Return spans that are on and end between two moments."""
        query = _spans().where(
            SpanRow.state == SpanState.ACTIVE.value,
            SpanRow.ends_at > first,
            SpanRow.ends_at <= end,
        )
        return await self._found(query)

    async def remind(self, span: ClockSpan, now: datetime) -> bool:
        """Note that a span's owner is told something now; tell whether nobody else did."""
        before = SpanRow.reminded_at
        same = before.is_(None) if span.reminded_at is None else before == span.reminded_at
        change = update(SpanRow).where(SpanRow.id == span.id, same).values(reminded_at=now)
        return bool((await self.session.execute(change)).rowcount)  # type: ignore[attr-defined]

    async def _found(self, query: Select[Any]) -> list[ClockSpan]:
        rows: Sequence[Any] = (await self.session.execute(query)).all()
        return [_span(row) for row in rows]


def _spans() -> Select[Any]:
    return select(*FIELDS).join(BookingRow, BookingRow.id == SpanRow.booking)


def _due(now: datetime) -> ColumnElement[bool]:
    begins = and_(SpanRow.state == SpanState.BOOKED.value, SpanRow.starts_at <= now)
    ends = and_(SpanRow.state == SpanState.ACTIVE.value, SpanRow.ends_at <= now)
    return or_(begins, ends)


def is_on(now: datetime) -> ColumnElement[bool]:
    """Return whether a span is on; its state may be a moment behind the clock."""
    return and_(SpanRow.state.in_(LIVE), SpanRow.starts_at <= now, SpanRow.ends_at > now)


def _span(row: Any) -> ClockSpan:
    names = [field.key for field in FIELDS]
    return ClockSpan(**dict(zip(names, row, strict=True)) | {"state": SpanState(row.state)})
