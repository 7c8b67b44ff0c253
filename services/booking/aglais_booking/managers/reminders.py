"""Mails before bookings begin and end, and how all mails of this service leave it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

from aglais_booking.managers.base import BookingsManager
from aglais_booking.rules.clock import joined_end
from aglais_booking.schema import NoticeRow
from aglais_booking.stores.spans import ClockSpan
from aglais_hub.errors import AglaisError, InvalidRequest, NotFound
from aglais_hub.models import utcnow
from aglais_hub.models.bookings import SpanState
from aglais_hub.models.mails import MailRequest
from aglais_hub.service import Context

__all__ = ["ReminderManager"]

log = logging.getLogger(__name__)

BATCH = 50

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
"""Before a notice is handed over again; doubled each time."""

KEPT_FOR = timedelta(days=3)
"""After that a notice is given up that could not be handed over."""

REMEMBERED_FOR = timedelta(days=100)
"""How long it is known what somebody was told."""


class ReminderManager(BookingsManager):
    """Writes reminders, and hands notices over; it can be killed anywhere and run again.

    A notice is put off before it is handed over, and marked after. Between the two it is handed
    over again with the same Idempotency-Key: it is one mail all the same.
    """

    steps: ClassVar[tuple[str, ...]] = ("put-off", "handed-over", "marked")
    """What `notice` is told."""

    def __init__(
        self, context: Context, notice: Callable[[str], None] = lambda _step: None
    ) -> None:
        super().__init__(context)
        self.notice = notice

    async def remind(self) -> None:
        """Tell owners of what begins, and of what ends."""
        now = utcnow()
        # The shortest first: who is told late is told once.
        for lead in sorted(hours * timedelta(hours=1) for hours in self.config.remind_hours):
            async with self.reading() as stores:
                starting = await stores.spans.starting(now, now + lead)
                ending = await stores.spans.ending(now, now + lead)
            for span in starting:
                if _is_new(span, span.starts_at - lead) and span.created_at < span.starts_at - lead:
                    await self._tell_start(span, now)
            for span in ending:
                long = span.ends_at - span.starts_at >= 2 * lead
                if _is_new(span, span.ends_at - lead) and long:
                    await self._tell_span_end(span, now)

    async def _tell_start(self, span: ClockSpan, now: datetime) -> None:
        async with self.writing() as stores:
            booking = await stores.bookings.get(span.booking)
            if booking is None or not await stores.spans.remind(span, now):
                return
            # Who is at work in it already, or goes on from one to the next, knows.
            if joined_end(booking.spans, now) is not None or any(
                one.ends_at == span.starts_at and one.state is SpanState.BOOKED
                for one in booking.spans
            ):
                return
            about = f"begins:{span.id}:{now.isoformat()}"
            await self._notify_of(stores, about, booking, "begins-soon", span=span)

    async def _tell_span_end(self, span: ClockSpan, now: datetime) -> None:
        async with self.writing() as stores:
            booking = await stores.bookings.get(span.booking)
            if booking is None or not await stores.spans.remind(span, now):
                return
            until = joined_end(booking.spans, now)
            if until is not None and until > span.ends_at:
                return
            about = f"ends:{span.id}:{now.isoformat()}"
            await self._notify_of(stores, about, booking, "ends-soon", until=span.ends_at)

    async def send(self) -> None:
        """Hand all notices over that are due; one that is refused keeps no other."""
        async with self.reading() as stores:
            due = await stores.notices.due(utcnow(), BATCH)
        for row in due:
            await self._send(row)

    async def _send(self, row: NoticeRow) -> None:
        now = utcnow()
        pause: timedelta = min(FIRST_PAUSE * (1 << min(row.tries, 20)), LONGEST_PAUSE)
        async with self.writing() as stores:
            if not await stores.notices.put_off(row.id, row.tries, now + pause):
                return
        self.notice("put-off")
        mail = MailRequest(subject=row.subject[:200], text=row.text)
        try:
            await self.context.clients.accounts.send_mail(row.account, mail, key=row.id)
        except (NotFound, InvalidRequest) as never:
            log.warning("notice %s goes to nobody: %s", row.id, never.message)
        except AglaisError as failure:
            if now - row.created_at < KEPT_FOR:
                log.warning("notice %s waits: %s", row.id, failure.message)
                return
            log.error("notice %s is given up: %s", row.id, failure.message)
        self.notice("handed-over")
        async with self.writing() as stores:
            await stores.notices.mark_sent(row.id)
        self.notice("marked")

    async def tidy(self) -> None:
        """Forget what somebody was told long ago."""
        async with self.writing() as stores:
            await stores.notices.forget_sent(utcnow() - REMEMBERED_FOR)


def _is_new(span: ClockSpan, due_at: datetime) -> bool:
    """Tell whether a span's owner was not told since a reminder was due."""
    return span.reminded_at is None or span.reminded_at < due_at
