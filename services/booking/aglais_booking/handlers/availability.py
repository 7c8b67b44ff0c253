"""What is available when: URLs of the API."""

from __future__ import annotations

from aglais_booking.handlers.base import BookingApi
from aglais_booking.managers.base import READ_PACKAGES
from aglais_booking.rules.ics import availability_calendar
from aglais_hub.models import utcnow
from aglais_hub.models.availability import Availability, AvailabilityRequest
from aglais_hub.operations import Operation, operation
from aglais_hub.pictures import plain
from aglais_hub.service import Route

__all__ = ["ROUTES"]


class AvailabilityApi(BookingApi):
    """Packages by time."""

    @operation(
        Operation(
            "Return what of the packages is available when",
            READ_PACKAGES,
            returns=Availability,
            asks=AvailabilityRequest,
        )
    )
    async def get(self, request: AvailabilityRequest) -> Availability:
        """Return it."""
        return await self.manager.availability.show(self.actor, request)


class AvailabilityText(BookingApi):
    """Packages by time, as a picture in text."""

    @operation(
        Operation(
            "Draw what of the packages is available when",
            READ_PACKAGES,
            returns=str,
            asks=AvailabilityRequest,
        )
    )
    async def get(self, request: AvailabilityRequest) -> str:
        """Draw it."""
        return plain(await self.manager.availability.show(self.actor, request))


class AvailabilityCalendar(BookingApi):
    """What is available, for calendar programs."""

    @operation(
        Operation(
            "Return what of the packages is available when, as a calendar",
            READ_PACKAGES,
            returns=str,
            text="text/calendar",
            asks=AvailabilityRequest,
        )
    )
    async def get(self, request: AvailabilityRequest) -> str:
        """Return it."""
        return availability_calendar(
            await self.manager.availability.show(self.actor, request), utcnow()
        )


ROUTES = (
    Route("api/availability", AvailabilityApi),
    Route("api/availability.txt", AvailabilityText),
    Route("api/availability.ics", AvailabilityCalendar),
)
