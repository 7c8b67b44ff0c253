"""Where spans and bookings are, and which way they may go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from aglais_booking.refusals import TooLateError
from aglais_booking.rules.clock import state_at, together
from aglais_hub.models.bookings import Booking, Span, SpanState

__all__ = ["TRANSITIONS", "as_of", "moved", "settled"]

TRANSITIONS: dict[SpanState, frozenset[SpanState]] = {
    SpanState.BOOKED: frozenset({SpanState.ACTIVE, SpanState.ENDED, SpanState.CANCELLED}),
    SpanState.ACTIVE: frozenset({SpanState.ENDED, SpanState.RETURNED}),
    SpanState.ENDED: frozenset(),
    SpanState.CANCELLED: frozenset(),
    SpanState.RETURNED: frozenset(),
}
"""Where a span can go from where it is; one that began is never cancelled, it ends."""


def moved(span: Span, state: SpanState) -> Span:
    """Return a span in another state.

    Raises
    ------
    TooLateError
        There is no way from where it is.
    """
    if state not in TRANSITIONS[span.state]:
        raise TooLateError(f"The span is {span.state.value} already; it cannot be {state.value}.")
    return span.model_copy(update={"state": state})


def as_of(span: Span, now: datetime) -> Span:
    """Return a span as the clock says that it is, though nobody may have noted it yet."""
    return span.model_copy(update={"state": state_at(span, now)})


def settled(booking: Booking, spans: Iterable[Span]) -> Booking:
    """Return a booking with other spans, and what follows from them.

    Its start and end are those of the spans that were not cancelled, as long as there are any.
    """
    every = tuple(sorted(spans, key=lambda span: (span.starts_at, span.id)))
    counted = [span for span in every if span.state is not SpanState.CANCELLED] or every
    return booking.model_copy(
        update={
            "spans": every,
            "state": together(span.state for span in every),
            "starts_at": min(span.starts_at for span in counted),
            "ends_at": max(span.ends_at for span in counted),
        }
    )
