"""Bookings as they lie in the database, for tests of what happens with them later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from aglais_booking.amounts import cost_of, end_hour, first_hour
from aglais_booking.managers import Managers
from aglais_booking.rules.clock import LIVE
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Sharing
from aglais_hub.models.bookings import Booking, BookingState, Span, SpanState

__all__ = ["HOUR", "MINUTE", "SECOND", "book", "change_span", "mails", "span_states"]

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


async def book(
    manager: Managers,
    *spans: tuple[timedelta, timedelta],
    account: str = "alice",
    package: str = "small",
    state: SpanState = SpanState.BOOKED,
    pool: str = "embedded",
    now: datetime | None = None,
    **more: Any,
) -> Booking:
    """Book spans, each from and up to so much after now; they are held."""
    now = now or utcnow()
    await manager.pools.ensure()
    moments = [(now + first, now + end) for first, end in spans or ((-HOUR, HOUR),)]
    size = await manager.packages.get(package)
    facts = {
        "name": "Sky", "sharing": Sharing.MANAGED, "environment": None, "site": None,
        "hardware": (), "limits": size.limits, "zone": "UTC", "state": BookingState(state.value),
        "recurrence": None, "created_at": now - 100 * HOUR, "sequence": 0,
    }  # fmt: skip
    booking = Booking(
        id=uuid4().hex,
        account=account,
        package=package,
        pool=pool,
        starts_at=moments[0][0],
        ends_at=moments[-1][1],
        spans=tuple(
            Span(id=uuid4().hex, starts_at=first, ends_at=end, state=state)
            for first, end in moments
        ),
        **facts | more,
    )
    await _keep(manager, booking, now)
    return booking


async def _keep(manager: Managers, booking: Booking, now: datetime) -> None:
    async with manager.writing() as stores:
        pool = await stores.pools.lock(booking.pool)
        assert pool is not None
        await stores.bookings.add(booking)
        amount = cost_of(booking.limits.total, booking.sharing, pool)
        for span in booking.spans if booking.spans[0].state in LIVE else ():
            first = max(first_hour(span.starts_at), first_hour(now))
            end = max(first + 1, end_hour(span.ends_at))
            assert await stores.hours.take(span.id, pool.name, first, end, amount)


async def change_span(manager: Managers, booking: Booking, **changes: Any) -> None:
    """Change the first span of a booking as an edit does."""
    async with manager.writing() as stores:
        first, *rest = booking.spans
        changed = first.model_copy(update=changes)
        spans = (changed, *rest)
        ends_at = max(span.ends_at for span in spans)
        later = {"spans": spans, "ends_at": ends_at}
        await stores.bookings.save(booking.model_copy(update=later), [changed])


async def span_states(manager: Managers, booking: Booking) -> tuple[str, Sequence[str]]:
    """Return the state of a booking, and those of its spans."""
    async with manager.reading() as stores:
        found = await stores.bookings.get(booking.id)
    assert found is not None
    return found.state.value, [span.state.value for span in found.spans]


async def mails(manager: Managers) -> list[tuple[str, str]]:
    """Return to whom something is still to be told, and the subject."""
    async with manager.reading() as stores:
        due = await stores.notices.due(utcnow() + 1000 * HOUR, 1000)
    return [(row.account, row.subject) for row in due]
