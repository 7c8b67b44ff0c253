"""What the Hub's own pages say of somebody's session: until when it lasts, and why it may end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cached_property, partial
from typing import Any

from aglais_hub.client import BookingClient
from aglais_hub.errors import AglaisError
from aglais_hub.models.booking import Admission

__all__ = ["SessionFacts"]

PATIENCE_SECONDS = 2
"""A page waits no longer; it is shown without these facts then."""


class SessionFacts:
    """Asks the booking service about sessions, for JupyterHub's templates.

    Parameters
    ----------
    url, token
        Of the booking service's API.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token

    @cached_property
    def booking(self) -> BookingClient:
        """The service; made when it is first asked, since the Hub copies its configuration."""
        return BookingClient(self.url, self.token)

    def __call__(self, user: Any) -> Callable[[], Awaitable[Admission | None]]:
        """Return what a template calls to ask: JupyterHub itself calls this for each page."""
        return partial(self.ask, user)

    async def ask(self, user: Any) -> Admission | None:
        """Return the admission of a user's session; None: there is none, or nobody knows."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                admissions = await self.booking.admissions(user.name)
        except (AglaisError, TimeoutError):
            return None
        return next((one for one in admissions if not one.server), None)
