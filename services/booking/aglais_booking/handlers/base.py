"""What the handlers of this service share."""

from __future__ import annotations

from aglais_booking.managers import Managers
from aglais_hub.web.api import ApiHandler

__all__ = ["BookingApi"]


class BookingApi(ApiHandler):
    """Handlers of this service's API."""

    manager: Managers
