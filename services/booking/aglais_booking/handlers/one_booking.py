"""What the pages of one booking share."""

from __future__ import annotations

from urllib.parse import urlencode

from aglais_booking.handlers.booking_form import check_any
from aglais_booking.managers import Managers
from aglais_booking.managers.base import READ_BOOKINGS, WRITE_BOOKINGS
from aglais_hub.models.bookings import Booking
from aglais_hub.web.pages import PageHandler

__all__ = ["OneBookingPage"]


class OneBookingPage(PageHandler):
    """A page about a booking."""

    manager: Managers

    async def booking(self, identifier: str) -> Booking:
        """Return it, as far as who looks may see it."""
        check_any(self.actor, READ_BOOKINGS)
        return await self.manager.bookings.get(self.actor, identifier)

    async def changeable(self, identifier: str) -> Booking:
        """Return it to who may change it."""
        booking = await self.booking(identifier)
        self.actor.require(WRITE_BOOKINGS, owner=booking.account)
        return booking

    def to_booking(self, identifier: str, **query: str) -> str:
        """Return the address of its page."""
        asked = f"?{urlencode(query)}" if query else ""
        return self.url("bookings", identifier) + asked
