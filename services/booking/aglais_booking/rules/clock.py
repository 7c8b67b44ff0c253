"""Rules of time: what of a booking is on, until when, and what its spans say together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from aglais_hub.models.bookings import BookingState, SpanState

__all__ = ["LIVE", "joined_end", "next_start", "state_at", "together"]

LIVE = frozenset({SpanState.BOOKED, SpanState.ACTIVE})
"""States of spans that hold their resources."""


class Timed(Protocol):
    """A span, as the clock needs it."""

    @property
    def starts_at(self) -> datetime:
        """Its first moment."""

    @property
    def ends_at(self) -> datetime:
        """The first moment that is not in it."""

    @property
    def state(self) -> SpanState:
        """Where it is."""


def joined_end(spans: Iterable[Timed], now: datetime) -> datetime | None:
    """Return until when spans are on that follow each other without a gap; None: none is on."""
    end = None
    for span in sorted((one for one in spans if one.state in LIVE), key=_start):
        # What one span ends with, the next may begin with.
        begins = span.starts_at <= (end or now)
        if begins and span.ends_at > (end or now):
            end = span.ends_at
    return end


def next_start(spans: Sequence[Timed], now: datetime) -> datetime | None:
    """Return when the next span begins; None: no more comes."""
    coming = (one.starts_at for one in spans if one.state in LIVE and one.starts_at > now)
    return min(coming, default=None)


def state_at(span: Timed, now: datetime) -> SpanState:
    """Return the state that a span which was not given up has at a moment.

    What has ended stays so, whatever the clock says later.
    """
    if span.state not in LIVE:
        return span.state
    if span.ends_at <= now:
        return SpanState.ENDED
    if span.starts_at <= now:
        return SpanState.ACTIVE
    # A clock that was set back takes nothing away from who is at work.
    return span.state


def together(states: Iterable[SpanState]) -> BookingState:
    """Return what the spans of a booking say together."""
    found = set(states)
    first = (state for state in ORDER if state in found)
    return BookingState(next(first, SpanState.CANCELLED).value)


ORDER = (
    SpanState.ACTIVE, SpanState.BOOKED, SpanState.ENDED, SpanState.RETURNED, SpanState.CANCELLED,
)  # fmt: skip
"""Of several states of spans the first one is that of the booking."""


def _start(span: Timed) -> datetime:
    return span.starts_at
