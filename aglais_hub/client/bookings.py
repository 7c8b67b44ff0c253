"""What the client of the booking service asks about bookings and fair use."""

from __future__ import annotations

from aglais_hub.client.base import ServiceClient
from aglais_hub.models.accounts import Level
from aglais_hub.models.bookings import (
    Booking,
    BookingChange,
    BookingEdit,
    BookingRequest,
    BookingState,
    Cancellation,
    SpanEdit,
)
from aglais_hub.models.fair_use import FairUse, FairUseEdit

__all__ = ["BookingMethods"]


class BookingMethods(ServiceClient):
    """Bookings, and how much levels may book."""

    async def book(self, request: BookingRequest, *, key: str | None = None) -> Booking:
        """Book a package; the same `key` again is the same booking."""
        return await self.post(Booking, "bookings", request, idempotency_key=key)

    async def bookings(self, *accounts: str, state: BookingState | None = None) -> list[Booking]:
        """Return the bookings of all or of some accounts (at most 200), in a state or in any."""
        query = {"account": accounts} if accounts else {}
        return await self.list(Booking, "bookings", **query, **({"state": state} if state else {}))

    async def booking(self, identifier: str) -> Booking:
        """Return a booking."""
        return await self.get(Booking, f"bookings/{identifier}")

    async def edit_booking(self, identifier: str, edit: BookingEdit) -> Booking:
        """Change a booking's name or environment."""
        return await self.post(Booking, f"bookings/{identifier}", edit)

    async def cancel_booking(self, identifier: str, why: str | None = None) -> Booking:
        """Give back what is still to come of a booking; what is under way ends now."""
        return await self.post(Booking, f"bookings/{identifier}/cancel", Cancellation(why=why))

    async def edit_span(self, identifier: str, span: str, edit: SpanEdit) -> Booking:
        """Extend, shorten or move a span of a booking."""
        return await self.post(Booking, f"bookings/{identifier}/spans/{span}", edit)

    async def cancel_span(self, identifier: str, span: str, why: str | None = None) -> Booking:
        """Give back a span of a booking, or what is left of it."""
        path = f"bookings/{identifier}/spans/{span}/cancel"
        return await self.post(Booking, path, Cancellation(why=why))

    async def booking_changes(self, identifier: str) -> list[BookingChange]:
        """Return the history of a booking, the latest first."""
        return await self.list(BookingChange, f"bookings/{identifier}/changes")

    async def fair_uses(self) -> list[FairUse]:
        """Return how much the levels may book."""
        return await self.list(FairUse, "fair-uses")

    async def fair_use(self, level: Level) -> FairUse:
        """Return how much a level may book."""
        return await self.get(FairUse, f"fair-uses/{int(level)}")

    async def edit_fair_use(self, level: Level, edit: FairUseEdit) -> FairUse:
        """Change how much a level may book."""
        return await self.post(FairUse, f"fair-uses/{int(level)}", edit)
