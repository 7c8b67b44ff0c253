"""Bookings: a package for an account, for one or more spans of time."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from aglais_hub.models import AccountName, Model, Moment, Nickname, Nicknames, Why
from aglais_hub.models.booking import Limits, Sharing

__all__ = [
    "Booking",
    "BookingChange",
    "BookingEdit",
    "BookingRequest",
    "BookingState",
    "Cancellation",
    "Span",
    "SpanEdit",
    "SpanRequest",
    "SpanState",
]

Title = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
ZoneName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""Name of a zone of the IANA database, such as ``Europe/London``."""

Recurrence = Annotated[str, StringConstraints(min_length=5, max_length=200)]

MOST_SPANS = 100
"""Spans of one booking."""


class SpanState(StrEnum):
    """Where a span of a booking is."""

    BOOKED = "booked"
    ACTIVE = "active"
    ENDED = "ended"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    """Given back early: nobody used it."""


class BookingState(StrEnum):
    """Where a booking is: what its spans say together."""

    BOOKED = "booked"
    """A span of it is still to come, and none is on."""
    ACTIVE = "active"
    ENDED = "ended"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class Span(Model):
    """A time from one moment up to another, of a booking."""

    id: str
    starts_at: Moment
    ends_at: Moment = Field(description="The first moment that is not in it")
    state: SpanState


class SpanRequest(Model):
    """A time that is asked for; without an offset it is wall time in the booking's zone."""

    start: datetime = Field(description="Such as 2026-12-01T09:00")
    end: datetime = Field(description="The first moment that is not in it")


class BookingRequest(Model):
    """Somebody books: by days, by a span, by several spans, or by spans that recur."""

    name: Title = Field(title="Name", description="What it is for, for yourself")
    package: Nickname
    sharing: Sharing = Field(
        default=Sharing.MANAGED,
        description="managed: on machines shared with others; reserved: on machines of your own; "
        "custom: reserved, at a site or on hardware of your choice",
    )
    first_day: date | None = Field(default=None, title="First day")
    last_day: date | None = Field(default=None, title="Last day", description="Itself included")
    start: datetime | None = Field(
        default=None, title="From", description="Instead of days: date and time in your zone"
    )
    end: datetime | None = Field(default=None, title="Up to")
    spans: tuple[SpanRequest, ...] = Field(
        default=(), max_length=MOST_SPANS, description="Instead of one span: several"
    )
    recurrence: Recurrence | None = Field(
        default=None,
        title="Again",
        description="How the span recurs, an RRULE of RFC 5545 with an end, such as "
        "FREQ=WEEKLY;BYDAY=SA;COUNT=4",
    )
    zone: ZoneName = Field(default="UTC", title="Time zone", description="Such as Europe/London")
    environment: Nickname | None = Field(default=None, description="None: the usual one")
    limits: Limits | None = Field(
        default=None, title="Size", description="Of package custom: what you choose"
    )
    site: Nickname | None = Field(default=None, description="Where; none: anywhere")
    hardware: Nicknames = Field(default=(), description="What the machines must have, such as gpu")
    account: AccountName | None = Field(default=None, description="For whom; none: for yourself")


class Booking(Model):
    """A package for an account at some times."""

    id: str
    account: AccountName
    name: str
    package: Nickname
    sharing: Sharing
    environment: Nickname | None
    pool: Nickname = Field(description="What it is counted against")
    site: Nickname | None
    hardware: Nicknames
    limits: Limits
    zone: str = Field(title="Time zone", description="In which its owner thinks")
    state: BookingState
    starts_at: Moment
    ends_at: Moment
    spans: tuple[Span, ...]
    recurrence: str | None = Field(description="How the spans were asked for")
    created_at: Moment
    sequence: int = Field(ge=0, description="How often its times have changed")
    is_over_capacity: bool = Field(
        default=False,
        title="Over capacity",
        description="The pool has shrunk below what is booked; it stays booked, and its owner "
        "and the administrators should talk",
    )

    lease_problem: str | None = Field(
        default=None,
        title="Not leased",
        description="Why the cloud's Blazar leases no machines for it; it stays booked, and its "
        "owner and the administrators should talk",
    )

    observed: ClassVar[frozenset[str]] = frozenset({"is_over_capacity", "lease_problem"})


class BookingEdit(Model):
    """What the owner may change of a booking itself."""

    name: Title = Field(title="Name")
    environment: Nickname | None = Field(default=None, description="None: the usual one")


class SpanEdit(Model):
    """Other times for a span: extended, shortened or moved."""

    start: datetime = Field(title="From", description="Date and time in the booking's zone")
    end: datetime = Field(title="Up to")
    why: Why | None = Field(default=None, title="Why", description="For the history")


class Cancellation(Model):
    """Somebody gives a booking, or what is left of it, back."""

    why: Why | None = Field(default=None, title="Why", description="For the history")


class BookingChange(Model):
    """An entry of a booking's history: who did what, when and why."""

    booking: str
    span: str | None
    at: Moment
    by: str = Field(title="By")
    what: str
    old: str | None
    new: str | None
    why: str | None
