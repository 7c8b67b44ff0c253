"""[Give it a try]: makes a guest and goes on to the session."""

from __future__ import annotations

import hashlib
import re

from tornado.web import HTTPError

from aglais_authenticators.handlers.base import DoorClosedError, DoorHandler, in_plain_words

__all__ = ["GuestHandler"]

CLICK_LENGTH = 64

SOMEBODYS = re.compile(r"/(hub/)?(user|spawn|spawn-pending)/")
"""Where a guest, who is somebody new, has nothing to look for."""


class GuestHandler(DoorHandler):
    """The door of guests."""

    async def get(self) -> None:
        """Lead who came by the address bar to the button."""
        self.redirect(self.settings["login_url"])

    @in_plain_words
    async def post(self) -> None:
        """Make a guest, once for each time that the login page was shown."""
        if not self.authenticator.guest_door:
            raise DoorClosedError("Guests are not let in here. Please use another door.")
        if self.current_user is None:
            account = await self.accounts.open_guest(self.came_from, key=self._click())
            await self.enter(account, "guest")
        self.lead_on(self._sensible_next())

    def _click(self) -> str:
        """Return a name for this click: a double click is one, from whichever browser it came."""
        shown = self.get_body_argument("click", "")
        if not 1 <= len(shown) <= CLICK_LENGTH:
            raise HTTPError(400, "The form is not complete. Please go back to the login page.")
        return hashlib.sha256(f"{shown} {self._xsrf_token_id!r}".encode()).hexdigest()

    def _sensible_next(self) -> str | None:
        """Return where to go; what is somebody's own was somebody else's, or is gone."""
        wanted = self.next_path or ""
        below = "/" + wanted.removeprefix(self.base_url)
        return None if SOMEBODYS.match(below) else wanted or None
