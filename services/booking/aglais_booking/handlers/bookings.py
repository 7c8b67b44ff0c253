"""Bookings: URLs of the API."""

from __future__ import annotations

from collections.abc import Sequence

from aglais_booking.handlers.base import BookingApi
from aglais_booking.managers.base import READ_BOOKINGS, WRITE_BOOKINGS
from aglais_hub.errors import InvalidRequest
from aglais_hub.models import Model
from aglais_hub.models.bookings import (
    Booking,
    BookingChange,
    BookingEdit,
    BookingRequest,
    BookingState,
    Cancellation,
    SpanEdit,
)
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route

__all__ = ["ROUTES", "states_of"]


class Bookings(BookingApi):
    """All bookings."""

    @operation(
        Operation(
            "List bookings",
            READ_BOOKINGS,
            returns=Booking,
            many=True,
            is_long=True,
            query=("account", "state"),
        )
    )
    async def get(self) -> Sequence[Model]:
        """List them."""
        accounts, states = self.named("account"), states_of(self.named("state"))
        batch = await self.manager.bookings.page(self.actor, self.place(), accounts, states)
        return self.listed_by_place(batch)

    async def ask_first(self, request: BookingRequest) -> None:  # type: ignore[override]
        """Ask accounts about who books."""
        await self.manager.bookings.prepare(self.actor, request)

    @operation(
        Operation(
            "Book a package for one or more spans of time",
            WRITE_BOOKINGS,
            BookingRequest,
            returns=Booking,
            status=201,
            asks_first=True,
        )
    )
    async def post(self, request: BookingRequest) -> Booking:
        """Book all of it, or say why not."""
        booking = await self.manager.bookings.create(self.actor, request)
        self.created("bookings", booking.id)
        return booking


def states_of(names: Sequence[str]) -> list[BookingState]:
    """Return the states that a query names.

    Raises
    ------
    InvalidRequest
        There is no such state.
    """
    try:
        return [BookingState(name) for name in names]
    except ValueError:
        states = ", ".join(BookingState)
        raise InvalidRequest(f"state is one of {states}.") from None


class OneBooking(BookingApi):
    """A booking."""

    @operation(Operation("Return a booking", READ_BOOKINGS, returns=Booking))
    async def get(self, identifier: str) -> Booking:
        """Return it."""
        return await self.manager.bookings.get(self.actor, identifier)

    @operation(
        Operation(
            "Change a booking's name or environment", WRITE_BOOKINGS, BookingEdit, returns=Booking
        )
    )
    async def post(self, request: BookingEdit, identifier: str) -> Booking:
        """Change it."""
        return await self.manager.bookings.edit(self.actor, identifier, request, self.if_match)


class Cancel(BookingApi):
    """The end of a booking before its time."""

    @operation(
        Operation(
            "Give back all of a booking that is still to come; what is under way ends now",
            WRITE_BOOKINGS,
            Cancellation,
            returns=Booking,
        )
    )
    async def post(self, request: Cancellation, identifier: str) -> Booking:
        """Cancel it."""
        return await self.manager.spans.cancel(self.actor, identifier, request.why, self.if_match)


class OneSpan(BookingApi):
    """A span of a booking."""

    async def ask_first(self, _request: SpanEdit, identifier: str, **_path: str) -> None:  # type: ignore[override]
        """Ask accounts about its owner."""
        await self.manager.spans.learn(self.actor, identifier)

    @operation(
        Operation(
            "Extend, shorten or move a span of a booking",
            WRITE_BOOKINGS,
            SpanEdit,
            returns=Booking,
            asks_first=True,
        )
    )
    async def post(self, request: SpanEdit, identifier: str, span: str) -> Booking:
        """Change it."""
        return await self.manager.spans.edit(self.actor, identifier, span, request, self.if_match)


class CancelSpan(BookingApi):
    """The end of a span before its time."""

    @operation(
        Operation(
            "Give back a span of a booking, or what is left of it",
            WRITE_BOOKINGS,
            Cancellation,
            returns=Booking,
        )
    )
    async def post(self, request: Cancellation, identifier: str, span: str) -> Booking:
        """Cancel it."""
        return await self.manager.spans.cancel_span(
            self.actor, identifier, span, request.why, self.if_match
        )


class Changes(BookingApi):
    """The history of a booking."""

    @operation(
        Operation(
            "Return the history of a booking", READ_BOOKINGS, returns=BookingChange, many=True
        )
    )
    async def get(self, identifier: str) -> Sequence[Model]:
        """Return it, the latest first."""
        changes = await self.manager.bookings.changes(self.actor, identifier)
        return self.listed(*self.part(changes))


ROUTES = (
    Route("api/bookings", Bookings),
    Route("api/bookings/{identifier}", OneBooking),
    Route("api/bookings/{identifier}/cancel", Cancel),
    Route("api/bookings/{identifier}/spans/{span}", OneSpan),
    Route("api/bookings/{identifier}/spans/{span}/cancel", CancelSpan),
    Route("api/bookings/{identifier}/changes", Changes),
)
