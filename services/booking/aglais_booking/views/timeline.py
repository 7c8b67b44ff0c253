"""A booking as a bar: where on the line of time its spans are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aglais_booking.views.words import length_in_words, moment_in_words, span_in_words
from aglais_hub.models.bookings import Booking, Span, SpanState

__all__ = ["Bar", "Timeline", "timeline_of", "when_in_words"]

LEAST = 0.8
"""Percent that the shortest span is wide, to be seen at all."""


@dataclass(frozen=True)
class Bar:
    """A span, or what is left of one, in percent of the line."""

    x: float
    width: float
    state: SpanState
    words: str


@dataclass(frozen=True)
class Timeline:
    """All spans from the first to the last."""

    bars: tuple[Bar, ...]
    first: str
    last: str
    now: float | None
    """Where this moment is, in percent; None: not on it."""


def timeline_of(booking: Booking, zone: ZoneInfo, now: datetime) -> Timeline:
    """Return the line of a booking's spans."""
    start = min(span.starts_at for span in booking.spans)
    end = max(span.ends_at for span in booking.spans)
    whole = max(end - start, timedelta(minutes=1))

    def percent(length: timedelta) -> float:
        return round(100 * (length / whole), 2)

    return Timeline(
        bars=tuple(
            Bar(
                x=min(percent(span.starts_at - start), 100 - LEAST),
                width=max(percent(span.ends_at - span.starts_at), LEAST),
                state=span.state,
                words=f"{span_in_words(span.starts_at, span.ends_at, zone)}: {span.state.value}",
            )
            for span in booking.spans
        ),
        first=moment_in_words(start, zone),
        last=moment_in_words(end, zone),
        now=percent(now - start) if start <= now < end else None,
    )


def when_in_words(span: Span, now: datetime) -> str:
    """Return how long until a span begins or ends; empty: it is over."""
    if span.state is SpanState.ACTIVE and now < span.ends_at:
        return f"ends in {length_in_words(span.ends_at - now)}"
    if span.state is SpanState.BOOKED and now < span.starts_at:
        return f"starts in {length_in_words(span.starts_at - now)}"
    return ""
