"""Calendars in the format of RFC 5545: bookings as events, and what is available."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby
from typing import NamedTuple

from icalendar import Calendar, Event

from aglais_hub.models.availability import Availability, AvailabilityRow, CellState
from aglais_hub.models.bookings import Booking, Span, SpanState

__all__ = ["CANCELLED_DAYS", "availability_calendar", "booking_calendar"]

CANCELLED_DAYS = 30
"""How long after its end a span that was cancelled is still said to be, so that calendars which
have it take it out; there are some that never forget what is merely missing."""

GIVEN_UP = {SpanState.CANCELLED, SpanState.RETURNED}
REFRESH = timedelta(hours=1)


def booking_calendar(
    account: str, bookings: Iterable[Booking], now: datetime, link: Callable[[str], str]
) -> str:
    """Return the spans of bookings as events.

    The same bookings give the same text, so that programs can ask whether it has changed.

    Parameters
    ----------
    link
        Returns the address of a path of this service, in browsers.
    """
    calendar = _calendar(f"Bookings of {account}")
    forgotten = now - timedelta(days=CANCELLED_DAYS)
    for booking in bookings:
        for span in booking.spans:
            if span.state not in GIVEN_UP or span.ends_at > forgotten:
                calendar.add_component(_span_event(booking, span, link))
    return _text(calendar)


def _span_event(booking: Booking, span: Span, link: Callable[[str], str]) -> Event:
    is_given_up = span.state in GIVEN_UP
    page = link(f"bookings/{booking.id}")
    event = Event()
    event.add("uid", f"{span.id}@aglais-booking")
    event.add("dtstamp", booking.created_at)
    event.add("dtstart", span.starts_at)
    event.add("dtend", span.ends_at)
    event.add("summary", f"{booking.name} ({booking.package})")
    event.add("description", f"Package {booking.package}, {booking.sharing}.\n{page}")
    event.add("url", page)
    # Giving it up is a revision too: programs take no notice of what is not newer.
    event.add("sequence", booking.sequence + is_given_up)
    event.add("status", "CANCELLED" if is_given_up else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if is_given_up else "OPAQUE")
    return event


class Free(NamedTuple):
    """A time for which a package is available, the same number of it all along."""

    starts_at: datetime
    ends_at: datetime
    number: int


def availability_calendar(availability: Availability, now: datetime) -> str:
    """Return what is available as events: for each package, slots that are alike as one."""
    calendar = _calendar("Available packages")
    for row in availability.rows:
        for free in _free(availability, row):
            calendar.add_component(_free_event(row, free, now))
    return _text(calendar)


def _free(availability: Availability, row: AvailabilityRow) -> Iterator[Free]:
    pairs = zip(availability.slots, row.cells, strict=True)
    for cell, alike in groupby(pairs, key=lambda pair: pair[1]):
        if cell.state is CellState.AVAILABLE:
            slots = [slot for slot, _ in alike]
            yield Free(slots[0].starts_at, slots[-1].ends_at, cell.count)


def _free_event(row: AvailabilityRow, free: Free, now: datetime) -> Event:
    key = sha256(f"{row.package} {row.title} {free.starts_at} {free.ends_at}".encode()).hexdigest()
    event = Event()
    event.add("uid", f"{key[:32]}@aglais-availability")
    event.add("dtstamp", now)
    event.add("dtstart", free.starts_at)
    event.add("dtend", free.ends_at)
    event.add("summary", f"{row.package}: {free.number} available")
    event.add("description", row.title)
    event.add("transp", "TRANSPARENT")
    return event


def _calendar(title: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//aglais-hub//booking//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", title)
    calendar.add("x-wr-calname", title)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    return calendar


def _text(calendar: Calendar) -> str:
    return str(calendar.to_ical().decode())
