"""Accounts that leave: URLs of the API."""

from __future__ import annotations

from aglais_booking.handlers.base import BookingApi
from aglais_booking.managers.base import WRITE_BOOKINGS
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route

__all__ = ["ROUTES"]


class Departures(BookingApi):
    """The departure of an account."""

    @operation(
        Operation(
            "Give back what an account has booked, and forget who it was",
            WRITE_BOOKINGS,
            status=204,
        )
    )
    async def post(self, account: str) -> None:
        """Erase it."""
        await self.manager.departures.erase(self.actor, account)


ROUTES = (Route("api/departures/{account}", Departures),)
