"""Rules of requests for more resources."""

from __future__ import annotations

from datetime import datetime

from aglais_booking.refusals import (
    RequestDecidedError,
    SpanInPastError,
    TooManyAnswersError,
    TooManyRequestsError,
)
from aglais_booking.rules.pools import check_amounts, check_times
from aglais_hub.models.capacities import RequestState, ResourceRequest, ResourceRequestForm

__all__ = [
    "MOST_ANSWERS",
    "MOST_OPEN",
    "check_asked",
    "check_conversation",
    "check_count",
    "check_open",
    "check_until",
]

MOST_OPEN = 10
"""Requests of one account that nobody has decided on."""

MOST_ANSWERS = 100
"""Answers in one conversation."""


def check_asked(form: ResourceRequestForm, now: datetime) -> None:
    """Refuse to ask for nothing, or for no time.

    Raises
    ------
    EmptyCapacityError, EndBeforeStartError, SpanInPastError
        It says what is missing.
    """
    check_amounts(form)
    check_times(form.starts_at, form.ends_at)
    check_until(form.ends_at, now)


def check_until(ends_at: datetime | None, now: datetime) -> None:
    """Refuse a time that is over.

    Raises
    ------
    SpanInPastError
        It says what time it is.
    """
    if ends_at is not None and ends_at <= now:
        raise SpanInPastError(
            f"That time is over: it would end at {ends_at:%Y-%m-%d %H:%M} UTC, and now it is "
            f"{now:%Y-%m-%d %H:%M} UTC."
        )


def check_count(count: int) -> None:
    """Refuse one open request more than an account may have.

    Raises
    ------
    TooManyRequestsError
        It says what to do first.
    """
    if count >= MOST_OPEN:
        raise TooManyRequestsError(
            f"You have {count} open requests, which is the most. Withdraw one, or wait until one "
            "is decided on."
        )


def check_conversation(count: int) -> None:
    """Refuse one answer more than a conversation may have.

    Raises
    ------
    TooManyAnswersError
        It says what to do instead.
    """
    if count >= MOST_ANSWERS:
        raise TooManyAnswersError(
            f"{count} answers were given to this request, which is the most. Make a new request."
        )


def check_open(request: ResourceRequest) -> None:
    """Refuse to decide again.

    Raises
    ------
    RequestDecidedError
        It says what was decided.
    """
    if request.state is not RequestState.OPEN:
        when = f" at {request.decided_at:%Y-%m-%d %H:%M} UTC" if request.decided_at else ""
        raise RequestDecidedError(
            f"This request was {request.state.value} by {request.decided_by}{when}; "
            "make a new one for anything else."
        )
