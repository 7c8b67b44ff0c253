"""Calls about bookings and fair use."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from aglais_hub.client import ServiceClients
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Level
from aglais_hub.models.bookings import (
    Booking,
    BookingEdit,
    BookingRequest,
    BookingState,
    SpanEdit,
)
from aglais_hub.models.fair_use import FairUseEdit
from tests.client.case import Case, Notes

__all__ = ["BOOKINGS"]

DAY = timedelta(days=1)


def request(first: int, last: int | None = None, **more: Any) -> BookingRequest:
    """Return a request for some days from now on."""
    days = [(utcnow() + number * DAY).date() for number in (first, first if last is None else last)]
    given = {"name": "Stars", "package": "small", "first_day": days[0], "last_day": days[1]}
    return BookingRequest.model_validate(given | more)


def mine(**more: Any) -> BookingRequest:
    return request(more.pop("first", 3), **{"account": "alice"} | more)


async def noting(notes: Notes, key: str, made: Awaitable[Booking]) -> Booking:
    booking = notes[key] = await made
    return booking


async def move(clients: ServiceClients, booking: Booking, days: int, *, longer: int = 0) -> Booking:
    span = booking.spans[0]
    moved = SpanEdit(start=span.starts_at + days * DAY, end=span.ends_at + (days + longer) * DAY)
    return await clients.booking.edit_span(booking.id, span.id, moved)


def fair_use(**changes: Any) -> FairUseEdit:
    day = 86_400
    usual = {
        "longest_seconds": 14 * day,
        "furthest_seconds": 90 * day,
        "booking_count": 5,
        "window_seconds": 30 * day,
        "window_booked_seconds": 10 * day,
    }
    return FairUseEdit.model_validate(usual | changes)


BOOKINGS = [
    Case("booking.bookings", "none", lambda c, n: c.booking.bookings()),
    Case("booking.book", "one", lambda c, n: noting(n, "b1", c.booking.book(mine(), key="1"))),
    Case("booking.book", "again", lambda c, n: c.booking.book(mine(), key="1")),
    Case("booking.book", "same key", lambda c, n: c.booking.book(mine(first=9), key="1")),
    Case(
        "booking.book",
        "her own",
        lambda c, n: noting(n, "b2", c.booking.book(request(20, 21))),
        who="alice",
    ),
    Case("booking.book", "other's", lambda c, n: c.booking.book(mine(account="bob")), who="alice"),
    Case("booking.book", "nobody's", lambda c, n: c.booking.book(mine(account="nobody"))),
    Case(
        "booking.book",
        "weekly",
        lambda c, n: noting(
            n, "b3", c.booking.book(mine(first=30, recurrence="FREQ=WEEKLY;COUNT=3"))
        ),
    ),
    Case("booking.book", "past", lambda c, n: c.booking.book(mine(first=-9))),
    Case("booking.book", "backwards", lambda c, n: c.booking.book(request(9, 8, account="alice"))),
    Case("booking.book", "too far", lambda c, n: c.booking.book(mine(first=100))),
    Case("booking.book", "too long", lambda c, n: c.booking.book(request(1, 40, account="alice"))),
    Case("booking.book", "odd zone", lambda c, n: c.booking.book(mine(zone="Mars/Olympus"))),
    Case("booking.book", "endless", lambda c, n: c.booking.book(mine(recurrence="FREQ=DAILY"))),
    Case("booking.book", "no package", lambda c, n: c.booking.book(mine(package="nothing"))),
    Case("booking.book", "tiny", lambda c, n: c.booking.book(mine(package="tiny"))),
    Case("booking.book", "shared", lambda c, n: c.booking.book(mine(sharing="shared"))),
    Case("booking.book", "no room", lambda c, n: c.booking.book(mine(first=20))),
    Case("booking.booking", "one", lambda c, n: c.booking.booking(n["b1"].id)),
    Case("booking.booking", "own", lambda c, n: c.booking.booking(n["b1"].id), who="alice"),
    Case("booking.booking", "unknown", lambda c, n: c.booking.booking("nothing")),
    Case("booking.bookings", "three", lambda c, n: c.booking.bookings()),
    Case("booking.bookings", "own", lambda c, n: c.booking.bookings(), who="alice"),
    Case("booking.bookings", "bob's", lambda c, n: c.booking.bookings("bob"), who="alice"),
    Case(
        "booking.bookings",
        "cancelled",
        lambda c, n: c.booking.bookings("alice", state=BookingState.CANCELLED),
    ),
    Case(
        "booking.edit_booking",
        "one",
        lambda c, n: c.booking.edit_booking(n["b1"].id, BookingEdit(name="Galaxies")),
    ),
    Case(
        "booking.edit_booking",
        "unknown",
        lambda c, n: c.booking.edit_booking("nothing", BookingEdit(name="Galaxies")),
    ),
    Case("booking.edit_span", "moved", lambda c, n: move(c, n["b1"], 2)),
    Case("booking.edit_span", "extended", lambda c, n: move(c, n["b2"], 0, longer=1)),
    Case("booking.edit_span", "no room", lambda c, n: move(c, n["b1"], 17)),
    Case("booking.edit_span", "past", lambda c, n: move(c, n["b1"], -9)),
    Case(
        "booking.edit_span",
        "unknown",
        lambda c, n: c.booking.edit_span(
            n["b1"].id, "nothing", SpanEdit(start=utcnow(), end=utcnow() + DAY)
        ),
    ),
    Case(
        "booking.cancel_span",
        "one",
        lambda c, n: c.booking.cancel_span(n["b3"].id, n["b3"].spans[1].id, "a holiday"),
    ),
    Case(
        "booking.cancel_span",
        "again",
        lambda c, n: c.booking.cancel_span(n["b3"].id, n["b3"].spans[1].id),
    ),
    Case("booking.cancel_booking", "one", lambda c, n: c.booking.cancel_booking(n["b1"].id, "ill")),
    Case("booking.cancel_booking", "again", lambda c, n: c.booking.cancel_booking(n["b1"].id)),
    Case("booking.edit_span", "cancelled", lambda c, n: move(c, n["b1"], 2)),
    Case("booking.booking_changes", "one", lambda c, n: c.booking.booking_changes(n["b1"].id)),
    Case("booking.booking_changes", "unknown", lambda c, n: c.booking.booking_changes("nothing")),
    Case("booking.fair_uses", "all", lambda c, n: c.booking.fair_uses()),
    Case("booking.fair_use", "one", lambda c, n: c.booking.fair_use(Level.BASIC)),
    Case(
        "booking.edit_fair_use",
        "one",
        lambda c, n: c.booking.edit_fair_use(Level.BASIC, fair_use(booking_count=1)),
    ),
    Case("booking.book", "too many", lambda c, n: c.booking.book(mine(first=9))),
    Case(
        "booking.edit_fair_use",
        "usual",
        lambda c, n: c.booking.edit_fair_use(Level.BASIC, fair_use()),
    ),
    Case(
        "booking.cancel_booking",
        "own",
        lambda c, n: c.booking.cancel_booking(n["b2"].id),
        who="alice",
    ),
    Case("booking.cancel_booking", "rest", lambda c, n: c.booking.cancel_booking(n["b3"].id)),
]
