"""Pages that change when a booking is: other times for a span, and giving it back."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aglais_booking.handlers.booking_form import REFUSALS
from aglais_booking.handlers.one_booking import OneBookingPage
from aglais_booking.rules.clock import LIVE
from aglais_booking.views.bookings import shown_span
from aglais_booking.views.words import span_in_words, wall
from aglais_hub.errors import NotFound
from aglais_hub.models import utcnow
from aglais_hub.models.bookings import Booking, Cancellation, Span, SpanEdit, SpanState
from aglais_hub.service import Route

__all__ = ["ROUTES"]


@dataclass(frozen=True)
class Change:
    """A way to change the times of a span.

    Parameters
    ----------
    title
        Of the page.
    verb
        Of the button.
    hint
        What it means.
    """

    title: str
    verb: str
    hint: str


CHANGES = {
    "extend": Change("Extend", "Extend", "Choose a later end. What is booked already stays yours."),
    "shorten": Change("Shorten", "Shorten", "What you give back is free for others at once."),
    "move": Change("Move", "Move", "Choose another time. Until it is saved, the old one stays."),
}


class SpanTimes(OneBookingPage):
    """The form with other times for a span."""

    change: Change
    model = SpanEdit

    async def get(self, identifier: str, span: str) -> None:
        """Show it with the times as they are."""
        booking = await self.changeable(identifier)
        self._form(booking, _span(booking, span))

    async def post(self, identifier: str, span: str) -> None:
        """Change them; or show the form again, with what is wrong."""
        booking = await self.changeable(identifier)
        one = _span(booking, span)

        async def act() -> str:
            await self.manager.spans.edit(self.actor, identifier, span, edit, None)
            return self.to_booking(identifier, did="moved")

        try:
            edit = self.read_body(SpanEdit)
            await self.manager.spans.learn(self.actor, identifier)
            await self.once(act)
        except REFUSALS as problem:
            self.set_status(problem.status)
            self._form(booking, one, problem.message)

    def _form(self, booking: Booking, span: Span, problem: str | None = None) -> None:
        zone = ZoneInfo(booking.zone)
        is_begun = span.starts_at <= utcnow()
        self.page(
            "own/span_times.html",
            title=f"{self.change.title} {booking.name}",
            change=self.change,
            now_words=span_in_words(span.starts_at, span.ends_at, zone),
            start=self.get_body_argument("start", wall(span.starts_at, zone)),
            end=self.get_body_argument("end", wall(span.ends_at, zone)),
            why=self.get_body_argument("why", ""),
            keeps_start=is_begun or self.change is CHANGES["extend"],
            zone=zone.key,
            package=booking.package,
            cancel_url=self.to_booking(booking.id),
            problem=problem,
        )


class ExtendPage(SpanTimes):
    """A later end."""

    change = CHANGES["extend"]


class ShortenPage(SpanTimes):
    """A later start, or an earlier end."""

    change = CHANGES["shorten"]


class MovePage(SpanTimes):
    """Another time."""

    change = CHANGES["move"]


def _span(booking: Booking, identifier: str) -> Span:
    span = next((one for one in booking.spans if one.id == identifier), None)
    if span is None:
        raise NotFound(f"The booking {booking.name} has no such span.")
    return span


class CancelPage(OneBookingPage):
    """The question before a booking, or one span of it, is given back."""

    model = Cancellation

    async def get(self, identifier: str, span: str | None = None) -> None:
        """Ask."""
        self._ask(await self.changeable(identifier), span)

    async def post(self, identifier: str, span: str | None = None) -> None:
        """Give it back; or say why not."""
        booking = await self.changeable(identifier)

        async def act() -> str:
            if span is None:
                await self.manager.spans.cancel(self.actor, identifier, why, None)
            else:
                await self.manager.spans.cancel_span(self.actor, identifier, span, why, None)
            return self.to_booking(identifier, did="cancelled")

        try:
            why = self.read_body(Cancellation).why
            await self.once(act)
        except REFUSALS as problem:
            self.set_status(problem.status)
            self._ask(booking, span, problem.message)

    def _ask(self, booking: Booking, span: str | None, problem: str | None = None) -> None:
        zone, now = ZoneInfo(booking.zone), utcnow()
        meant = [one for one in booking.spans if one.state in LIVE]
        if span is not None:
            meant = [_span(booking, span)]
        self.page(
            "own/cancel.html",
            title=f"Cancel {booking.name}",
            booking=booking,
            spans=[shown_span(one, zone, now) for one in meant],
            zone=zone.key,
            is_active=any(one.state is SpanState.ACTIVE for one in meant),
            cancel_url=self.to_booking(booking.id),
            problem=problem,
        )


ROUTES = (
    Route("bookings/{identifier}/cancel", CancelPage),
    Route("bookings/{identifier}/spans/{span}/extend", ExtendPage),
    Route("bookings/{identifier}/spans/{span}/shorten", ShortenPage),
    Route("bookings/{identifier}/spans/{span}/move", MovePage),
    Route("bookings/{identifier}/spans/{span}/cancel", CancelPage),
)
