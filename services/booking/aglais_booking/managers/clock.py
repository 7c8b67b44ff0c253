"""The clockwork: spans begin and end when it is time, once, whoever is killed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from aglais_booking.managers.base import BookingsManager, Stores
from aglais_booking.rules.clock import joined_end, state_at, together
from aglais_booking.stores.spans import ClockSpan
from aglais_hub.models import utcnow
from aglais_hub.models.bookings import Booking, SpanState
from aglais_hub.service import Context

__all__ = ["CLOCK", "ClockManager"]

CLOCK = "the clock"
"""Who did it, in the history."""

BATCH = 25
"""Spans in one transaction: admissions wait for it."""

EVENTS = {SpanState.ACTIVE: "booking.started", SpanState.ENDED: "booking.ended"}


class ClockManager(BookingsManager):
    """Moves spans to the state that they have by the time.

    All replicas may do it at once: a span is moved by the one that finds it as it was, in the
    same transaction as all that follows from it. Killed before the commit, nothing was; after
    it, all. Only events are not in the database: one is published just before the commit, and
    once more, with the same id, if that did not come.
    """

    steps: ClassVar[tuple[str, ...]] = (
        "spans-read", "span-moved", "booking-moved", "history-written", "owner-told",
        "event-published", "committed",
    )  # fmt: skip
    """What `notice` is told."""

    def __init__(
        self, context: Context, notice: Callable[[str], None] = lambda _step: None
    ) -> None:
        super().__init__(context)
        self.notice = notice

    async def tick(self) -> int:
        """Move all spans that are due; return how many."""
        moved = 0
        while True:
            now = utcnow()
            async with self.reading() as stores:
                pools = await stores.spans.pools_due(now)
            count = sum([await self._move_some(pool, now) for pool in pools])
            moved += count
            if not count:
                return moved

    async def _move_some(self, pool: str, now: datetime) -> int:
        """Move some of the spans of a pool that are due; return how many."""
        async with self.writing() as stores:
            # Whoever edits a booking holds its pool as well: nothing changes below us.
            await stores.pools.lock(pool)
            moved = await self.catch_up(stores, pool, now)
        self.notice("committed")
        return moved

    async def catch_up(self, stores: Stores, pool: str, now: datetime) -> int:
        """Move some of the spans of a pool that are due; return how many.

        Parameters
        ----------
        stores
            Of a transaction that has locked the pool.
        """
        due = await stores.spans.due(pool, now, BATCH)
        self.notice("spans-read")
        return sum([await self._move(stores, span, now) for span in due])

    async def _move(self, stores: Stores, span: ClockSpan, now: datetime) -> bool:
        new = state_at(span, now)
        if new is span.state or not await stores.spans.move(span, new):
            return False
        self.notice("span-moved")
        await self._follow(stores, span, new, now)
        return True

    async def _follow(self, stores: Stores, span: ClockSpan, new: SpanState, now: datetime) -> None:
        """Do what follows from a span's new state."""
        booking = await stores.bookings.get(span.booking)
        assert booking is not None  # noqa: S101 (a foreign key)
        state = together(one.state for one in booking.spans)
        if state is not booking.state:
            await stores.spans.set_booking_state(booking.id, state)
        self.notice("booking-moved")
        await stores.changes.add(
            booking.id, CLOCK, _what(new), span=span.id, old=span.state.value, new=new.value
        )
        self.notice("history-written")
        if new is SpanState.ACTIVE:
            await self._tell_begun(stores, booking, span, now)
        self.notice("owner-told")
        facts = {"booking": booking.id, "span": span.id, "account": booking.account}
        self.events.publish(EVENTS[new], id=f"{span.id}-{new.value}", **facts)
        self.notice("event-published")

    async def _tell_begun(
        self, stores: Stores, booking: Booking, span: ClockSpan, now: datetime
    ) -> None:
        if any(one.ends_at == span.starts_at for one in booking.spans):
            return  # For its owner it just goes on.
        until = joined_end(booking.spans, now) or span.ends_at
        hours = f"{self.config.unused_hours:g}" if self.config.unused_hours else ""
        facts = {"until": until, "unused_hours": hours}
        await self._notify_of(stores, f"begun:{span.id}", booking, "begun", **facts)


def _what(state: SpanState) -> str:
    return "started" if state is SpanState.ACTIVE else "ended"
