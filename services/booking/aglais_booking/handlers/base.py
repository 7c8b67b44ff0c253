"""What the handlers of this service share."""

from __future__ import annotations

from datetime import UTC, datetime

from aglais_booking.managers import Managers
from aglais_hub.errors import InvalidRequest
from aglais_hub.web.api import ApiHandler, BaseHandler

__all__ = ["BookingApi", "moment_of"]


class BookingApi(ApiHandler):
    """Handlers of this service's API."""

    manager: Managers


def moment_of(handler: BaseHandler, argument: str) -> datetime | None:
    """Return a moment that a query names; without an offset it is in UTC."""
    text = handler.get_query_argument(argument, "")
    if not text:
        return None
    try:
        # A plus that was not escaped comes as a blank.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"{argument} is a day or a moment, such as 2026-05-25 or 2026-05-25T09:00Z."
        raise InvalidRequest(message) from None
