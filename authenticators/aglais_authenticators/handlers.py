"""The Hub's URLs for coming in and leaving."""

from __future__ import annotations

import hashlib
from typing import Any

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.handlers.login import LogoutHandler
from tornado.web import HTTPError

from aglais_hub.errors import AglaisError, NotFound
from aglais_hub.models.accounts import Level

__all__ = ["GuestHandler", "LeaveHandler"]

CLICK_LENGTH = 64


class GuestHandler(BaseHandler):
    """[Give it a try]: makes a guest and goes on to the session."""

    async def get(self) -> None:
        """Lead who came by the address bar to the button."""
        self.redirect(self.settings["login_url"])

    async def post(self) -> None:
        """Make a guest, once for each time that the login page was shown."""
        if self.current_user is None and not await self._let_in():
            return
        # Not to `next`: what a guest looked for before was somebody else's, or is gone.
        self.redirect(f"{self.hub.base_url}spawn")

    async def _let_in(self) -> bool:
        try:
            return await self.login_user({"door": "guest", "click": self._click()}) is not None
        except AglaisError as refused:
            self.set_status(refused.status)
            if refused.retry_after:
                self.set_header("Retry-After", str(refused.retry_after))
            page = await self.render_template("refused.html", problem=refused)
            self.finish(page)
            return False

    def _click(self) -> str:
        """Return a name for this click: a double click is one, from whichever browser it came."""
        shown = self.get_body_argument("click", "")
        if not 1 <= len(shown) <= CLICK_LENGTH:
            raise HTTPError(400, "The form is not complete. Please go back to the login page.")
        return hashlib.sha256(f"{shown} {self._xsrf_token_id!r}".encode()).hexdigest()


class LeaveHandler(LogoutHandler):
    """Logs out; a guest, who loses everything by it, is asked first."""

    async def get(self) -> None:
        """Log out, or ask a guest: a link from elsewhere must not erase anybody's work."""
        if self.current_user is None or not await self._is_guest():
            await super().get()
            return
        back = self.current_user.spawner.ready and self.current_user.server_url()
        page = await self.render_template("leave.html", back=back or f"{self.hub.base_url}home")
        self.finish(page)

    async def post(self) -> None:
        """Log out for good; the form carries the XSRF token."""
        if self.current_user is not None and await self._is_guest():
            await self.authenticator.accounts.leave(self.current_user.name, "logged out")
        await super().get()

    async def _is_guest(self) -> bool:
        try:
            account = await self.authenticator.accounts.account(self.current_user.name)
        except NotFound:
            return False
        return bool(account.level is Level.ANONYMOUS)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say in plain words that the accounts service does not answer."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, AglaisError):
            refused = HTTPError(error.status, error.message)
            kwargs["exc_info"] = (HTTPError, refused, None)
            status_code = error.status
        super().write_error(status_code, **kwargs)
