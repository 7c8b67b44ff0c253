"""Bookings for tests of what is made of them, put where the service itself puts them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from aglais_booking.amounts import cost_of, end_hour, first_hour
from aglais_booking.managers.base import EMBEDDED
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Sharing
from aglais_hub.models.bookings import Booking, BookingState, Span, SpanState
from tests.support.services import RunningService

__all__ = ["book", "soon"]


def soon(hours: float = 24) -> datetime:
    """Return the begin of an hour that is so far away."""
    later = utcnow() + timedelta(hours=hours)
    return later.replace(minute=0, second=0, microsecond=0)


async def book(
    booking: RunningService,
    account: str,
    package: str,
    *times: tuple[datetime, datetime],
    states: Sequence[SpanState] = (),
    pool: str = EMBEDDED,
    **other: Any,
) -> Booking:
    """Book a package for some times; spans that are on, or to come, hold what they need."""
    managers = booking.process.manager
    limits = (await managers.packages.get(package)).limits
    told = [*states, *[SpanState.BOOKED] * (len(times) - len(states))]
    spans = tuple(
        Span(id=secrets.token_hex(16), starts_at=start, ends_at=end, state=state)
        for (start, end), state in zip(times, told, strict=True)
    )
    made = Booking(
        id=secrets.token_hex(16), account=account, name="Work", package=package,
        sharing=Sharing.MANAGED, environment=None, pool=pool, site=None, hardware=(),
        limits=limits, zone="UTC", state=BookingState.BOOKED,
        starts_at=min(span.starts_at for span in spans),
        ends_at=max(span.ends_at for span in spans),
        spans=spans, recurrence=None, created_at=utcnow(), sequence=0,
    ).model_copy(update=other)  # fmt: skip
    cost = cost_of(limits.total, made.sharing, await managers.pools.get(pool))
    async with managers.writing() as stores:
        await stores.bookings.add(made)
        for span in spans:
            if span.state in {SpanState.BOOKED, SpanState.ACTIVE}:
                hours = (
                    max(first_hour(span.starts_at), first_hour(utcnow())),
                    end_hour(span.ends_at),
                )
                assert await stores.hours.take(span.id, pool, *hours, cost)
    return made
