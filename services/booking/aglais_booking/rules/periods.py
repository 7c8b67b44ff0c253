"""Which times a booking is for: what was asked for, as periods in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from aglais_booking.amounts import end_hour, first_hour
from aglais_booking.refusals import (
    BadRecurrenceError,
    EndBeforeStartError,
    SpanInPastError,
    SpansOverlapError,
    TooFarAheadError,
)
from aglais_booking.rules.recurrence import occurrences
from aglais_booking.rules.zones import day_start, end_of, start_of, wall_of, words_of
from aglais_hub.calendar import zone_named
from aglais_hub.errors import InvalidRequest
from aglais_hub.models.bookings import BookingRequest, SpanEdit, SpanRequest

__all__ = ["LATE", "Period", "check_apart", "period_of_edit", "periods_of"]

LATE = timedelta(hours=1)
"""A span may have started so long ago: it starts now then. Whoever chooses this hour means it."""

DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Period:
    """A time from one moment up to another, in UTC."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start

    @property
    def first_hour(self) -> int:
        """The first hour since 1970 that it touches."""
        return first_hour(self.start)

    @property
    def end_hour(self) -> int:
        """The first hour since 1970 that it touches no more."""
        return end_hour(self.end)

    def words(self, zone: ZoneInfo) -> str:
        """Return it for people, by the clocks of their zone."""
        return words_of(self.start, self.end, zone)


def periods_of(request: BookingRequest, now: datetime, horizon: timedelta) -> list[Period]:
    """Return the times that a request is for, the earliest first.

    Parameters
    ----------
    horizon
        Nobody may book so far ahead.

    Raises
    ------
    InvalidRequest
        One of the refusals about times; nothing of it can be booked then.
    """
    zone = zone_named(request.zone)
    try:
        asked = sorted(_asked(request, zone, horizon))
        current = [
            _from_now(period, now, zone, is_days=request.first_day is not None) for period in asked
        ]
        _check_horizon(current, now + horizon, zone)
    except OverflowError:
        raise TooFarAheadError("No calendar goes that far; choose times near today.") from None
    check_apart(current, zone)
    return current


def period_of_edit(
    edit: SpanEdit, zone: ZoneInfo, now: datetime, horizon: timedelta, begun: datetime | None
) -> Period:
    """Return the time that a span is to have.

    Parameters
    ----------
    begun
        When the span began; None: it is still to come. One that is under way keeps its start.
    """
    try:
        if begun is not None:
            period = _span(begun, edit.end, zone)
            if period.end <= now:
                raise SpanInPastError(
                    f"{period.words(zone)} would be over already. To end it now, cancel it."
                )
        else:
            period = _from_now(_span(edit.start, edit.end, zone), now, zone, is_days=False)
        _check_horizon([period], now + horizon, zone)
    except OverflowError:
        raise TooFarAheadError("No calendar goes that far; choose times near today.") from None
    return period


def _asked(request: BookingRequest, zone: ZoneInfo, horizon: timedelta) -> list[Period]:
    _check_one_way(request)
    if request.first_day is not None:
        return _days(request, request.first_day, zone, horizon)
    spans = request.spans or _one_span(request)
    if request.recurrence is None:
        return [_span(one.start, one.end, zone) for one in spans]
    if len(spans) > 1:
        raise BadRecurrenceError("A recurrence repeats one span; several cannot recur.")
    return _recurring(spans[0], request.recurrence, zone, horizon)


def _check_one_way(request: BookingRequest) -> None:
    """Refuse a request that says its times in two ways, or in none."""
    days = request.first_day is not None or request.last_day is not None
    moments = request.start is not None or request.end is not None
    if days + moments + bool(request.spans) != 1 or (days and request.first_day is None):
        raise InvalidRequest(
            "Say when in one of three ways: first_day and last_day, or start and end, or spans."
        )


def _one_span(request: BookingRequest) -> tuple[SpanRequest]:
    if request.start is None or request.end is None:
        raise InvalidRequest("start and end belong together; one of them is missing.")
    return (SpanRequest(start=request.start, end=request.end),)


def _days(request: BookingRequest, first: date, zone: ZoneInfo, horizon: timedelta) -> list[Period]:
    last = request.last_day or first
    if last < first:
        raise EndBeforeStartError(f"The last day, {last}, is before the first, {first}.")
    starts = [first]
    if request.recurrence is not None:
        found = occurrences(request.recurrence, datetime.combine(first, time()), zone, horizon)
        starts = [at.date() for at in found]
    count = last - first + DAY
    return [Period(day_start(day, zone), day_start(day + count, zone)) for day in starts]


def _recurring(once: SpanRequest, rule: str, zone: ZoneInfo, horizon: timedelta) -> list[Period]:
    """Return a span as often as a recurrence says, at the same time on the wall."""
    period = _span(once.start, once.end, zone)
    first = wall_of(period.start, zone)
    length = wall_of(period.end, zone) - first
    return [_span(at, at + length, zone) for at in occurrences(rule, first, zone, horizon)]


def _span(start: datetime, end: datetime, zone: ZoneInfo) -> Period:
    period = Period(start_of(start, zone), end_of(end, zone))
    if period.end <= period.start:
        raise EndBeforeStartError(
            f"A span from {start:%Y-%m-%d %H:%M} up to {end:%Y-%m-%d %H:%M} has no length; "
            "its end comes after its start."
        )
    return period


def _from_now(period: Period, now: datetime, zone: ZoneInfo, *, is_days: bool) -> Period:
    """Return a period that starts now, if it began a little ago or today."""
    earliest = day_start(wall_of(now, zone).date(), zone) if is_days else now - LATE
    if period.end <= now or period.start < earliest:
        raise SpanInPastError(
            f"{period.words(zone)} is in the past. It is "
            f"{wall_of(now, zone):%Y-%m-%d %H:%M} now; book from now on."
        )
    return Period(max(period.start, now), period.end)


def _check_horizon(periods: Iterable[Period], limit: datetime, zone: ZoneInfo) -> None:
    for period in periods:
        if period.end > limit:
            raise TooFarAheadError(
                f"{period.words(zone)} is too far ahead; it can be booked up to "
                f"{wall_of(limit, zone):%Y-%m-%d} now."
            )


def check_apart(periods: Iterable[Period], zone: ZoneInfo) -> None:
    """Refuse periods that have a moment in common.

    Raises
    ------
    SpansOverlapError
        It names two of them.
    """
    for one, other in pairwise(sorted(periods)):
        if other.start < one.end:
            raise SpansOverlapError(
                f"{one.words(zone)} and {other.words(zone)} overlap; spans of a booking have no "
                "moment in common."
            )
