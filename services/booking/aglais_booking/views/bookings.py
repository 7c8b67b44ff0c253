"""Bookings in words: in a list, by their spans, and their history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aglais_booking.rules.clock import LIVE
from aglais_booking.views.booking_form import size_values
from aglais_booking.views.timeline import when_in_words
from aglais_booking.views.words import length_in_words, moment_in_words, span_in_words, wall
from aglais_hub.models import utcnow
from aglais_hub.models.bookings import Booking, BookingChange, Span, SpanState

__all__ = [
    "ListedBooking",
    "ShownSpan",
    "ToldChange",
    "again",
    "listed",
    "next_span",
    "shown_span",
    "told",
]


@dataclass(frozen=True)
class ListedBooking:
    """A booking in the list."""

    booking: Booking
    when: str
    soon: str
    more: int
    """Spans besides the one that is told of."""


@dataclass(frozen=True)
class ShownSpan:
    """A span on the page of its booking."""

    id: str
    state: SpanState
    when: str
    length: str
    soon: str
    is_begun: bool

    @property
    def is_live(self) -> bool:
        """Whether it can still be changed."""
        return self.state in LIVE


def next_span(booking: Booking) -> Span:
    """Return the span that is on, or comes next, or was last."""
    return next((span for span in booking.spans if span.state in LIVE), booking.spans[-1])


def listed(booking: Booking, zone: ZoneInfo, now: datetime) -> ListedBooking:
    """Return a booking for the list."""
    live, span = [one for one in booking.spans if one.state in LIVE], next_span(booking)
    return ListedBooking(
        booking=booking,
        when=span_in_words(span.starts_at, span.ends_at, zone),
        soon=when_in_words(span, now),
        more=len(live or booking.spans) - 1,
    )


def shown_span(span: Span, zone: ZoneInfo, now: datetime) -> ShownSpan:
    """Return a span in words."""
    return ShownSpan(
        id=span.id,
        state=span.state,
        when=span_in_words(span.starts_at, span.ends_at, zone),
        length=length_in_words(span.ends_at - span.starts_at),
        soon=when_in_words(span, now),
        is_begun=span.state is SpanState.ACTIVE or span.starts_at <= now,
    )


@dataclass(frozen=True)
class ToldChange:
    """An entry of the history."""

    at: str
    by: str
    what: str
    facts: str
    why: str


def told(change: BookingChange, zone: ZoneInfo) -> ToldChange:
    """Return an entry of the history in words."""
    facts = " → ".join(_fact(part, zone) for part in (change.old, change.new) if part)
    return ToldChange(
        moment_in_words(change.at, zone), change.by, change.what, facts, change.why or ""
    )


def _fact(text: str, zone: ZoneInfo) -> str:
    """Return what was or is so; times, which the history keeps as ISO 8601 has them, in words."""
    start, _, end = text.partition("/")
    try:
        return span_in_words(datetime.fromisoformat(start), datetime.fromisoformat(end), zone)
    except ValueError:
        return text


def again(booking: Booking) -> str:
    """Return the query that fills the form with a booking, to make it once more."""
    zone = ZoneInfo(booking.zone)
    filled: dict[str, str] = {
        "name": booking.name,
        "package": booking.package,
        "sharing": booking.sharing.value,
        "environment": booking.environment or "",
        "site": booking.site or "",
        "hardware": ", ".join(booking.hardware),
        "zone": booking.zone,
    }
    filled |= size_values(booking.limits) | _times(booking, zone)
    return "?" + urlencode({name: value for name, value in filled.items() if value})


def _times(booking: Booking, zone: ZoneInfo) -> dict[str, str]:
    """Return the times that are still to come, as they were asked for if none is over."""
    coming = [span for span in booking.spans if span.ends_at > utcnow()]
    if booking.recurrence and len(coming) == len(booking.spans):
        return {"recurrence": booking.recurrence} | _span_values("", coming[0], zone)
    values: dict[str, str] = {}
    for number, span in enumerate(coming):
        values |= _span_values(f"spans.{number - 1}." if number else "", span, zone)
    return values


def _span_values(prefix: str, span: Span, zone: ZoneInfo) -> dict[str, str]:
    times = {"start": wall(span.starts_at, zone), "end": wall(span.ends_at, zone)}
    return {f"{prefix}{name}": value for name, value in times.items()}
