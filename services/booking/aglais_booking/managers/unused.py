"""How bookings that nobody uses come back, and how their owners are reminded of those to come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

from aglais_booking.managers.base import BookingsManager, Stores
from aglais_booking.managers.clock import CLOCK
from aglais_booking.rules.clock import joined_end, next_start, together
from aglais_booking.stores.spans import ClockSpan
from aglais_hub.models import utcnow
from aglais_hub.models.bookings import Booking, SpanState
from aglais_hub.service import Context

__all__ = ["UnusedManager"]

HOUR = timedelta(hours=1)


class UnusedManager(BookingsManager):
    """Gives spans back that have no session; it can be killed anywhere and run again.

    A span goes no earlier than its owner was warned, by a notice that is in the database.
    """

    steps: ClassVar[tuple[str, ...]] = (
        "span-returned", "hold-dropped", "booking-moved", "history-written", "owner-told",
        "event-published", "committed",
    )  # fmt: skip
    """What `notice` is told."""

    def __init__(
        self, context: Context, notice: Callable[[str], None] = lambda _step: None
    ) -> None:
        super().__init__(context)
        self.notice = notice

    @property
    def limit(self) -> timedelta:
        """How long a span may be without a session."""
        return self.config.unused_hours * HOUR

    @property
    def lead(self) -> timedelta:
        """How long before it is given back its owner is warned."""
        return min(HOUR, self.limit / 2)

    async def look(self) -> None:
        """Do one round."""
        if not self.config.unused_hours:
            return
        now = utcnow()
        async with self.writing() as stores:
            await stores.spans.touch(now)
            idle = await stores.spans.idle(now - self.limit + self.lead, now)
        for span in idle:
            await self._consider(span, now)

    async def _consider(self, span: ClockSpan, now: datetime) -> None:
        async with self.writing() as stores:
            # Who starts a session holds the pool, and notes that the span is used.
            await stores.pools.lock(span.pool)
            fresh = await stores.spans.get(span.id)
            if fresh is None or not self._is_idle(fresh, now):
                return
            booking = await stores.bookings.get(span.booking)
            if booking is None or await stores.spans.has_session(booking.id):
                return
            since = _since(fresh)
            about = f"idle:{span.id}:{since.isoformat()}"
            warned_at = await stores.notices.written_at(about)
            if warned_at is None:
                await self._warn(stores, booking, about, since, now)
                return
            if now - warned_at < self.lead or now - since < self.limit:
                return
            await self._give_back(stores, booking, fresh, since, now)
        self.notice("committed")

    def _is_idle(self, span: ClockSpan, now: datetime) -> bool:
        # What is over before it could be given back is left to end.
        lasts = span.ends_at > now
        return (
            span.state is SpanState.ACTIVE
            and lasts
            and now - _since(span) >= (self.limit - self.lead)
        )

    async def _warn(
        self, stores: Stores, booking: Booking, about: str, since: datetime, now: datetime
    ) -> None:
        returned_at = max(since + self.limit, now + self.lead)
        if (joined_end(booking.spans, now) or now) <= returned_at:
            return
        facts = {"since": since, "returned_at": returned_at}
        await self._notify_of(stores, about, booking, "idle", **facts)
        self.events.publish(
            "booking.idle", id=about, booking=booking.id, account=booking.account, since=since
        )

    async def _give_back(
        self, stores: Stores, booking: Booking, span: ClockSpan, since: datetime, now: datetime
    ) -> None:
        if not await stores.spans.move(span, SpanState.RETURNED):
            return
        self.notice("span-returned")
        await stores.hours.drop([span.id])
        self.notice("hold-dropped")
        fresh = await stores.bookings.get(booking.id)
        assert fresh is not None  # noqa: S101 (its pool is locked)
        await stores.spans.set_booking_state(booking.id, together(one.state for one in fresh.spans))
        self.notice("booking-moved")
        why = f"nobody used it for {self.config.unused_hours:g} h"
        old, new = SpanState.ACTIVE.value, SpanState.RETURNED.value
        await stores.changes.add(
            booking.id, CLOCK, "returned", span=span.id, old=old, new=new, why=why
        )
        self.notice("history-written")
        facts = {"since": since, "next_start": next_start(fresh.spans, now)}
        await self._notify_of(stores, f"returned:{span.id}", fresh, "returned", **facts)
        self.notice("owner-told")
        told = {"booking": booking.id, "span": span.id, "account": booking.account}
        self.events.publish("booking.returned", id=f"{span.id}-{new}", **told)
        self.notice("event-published")


def _since(span: ClockSpan) -> datetime:
    return max(span.starts_at, span.used_at or span.starts_at)
