"""The Hub's URLs for coming in and leaving."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.handlers.login import LogoutHandler
from tornado.web import HTTPError

from aglais_hub.errors import AglaisError, NotFound, TooManyRequests, Unavailable
from aglais_hub.models.accounts import Level

__all__ = ["GuestHandler", "LeaveHandler"]

CLICK_LENGTH = 64

FOR_GUESTS = {TooManyRequests.status, Unavailable.status}
"""Refusals of the accounts service that a guest can do something about: wait."""

RETRY_SECONDS = 60


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
            user = await self.login_user({"door": "guest", "click": self._click()})
        except AglaisError as refused:
            await self._refuse(refused)
            return False
        if user is None:
            raise HTTPError(403, "You are not let in here.")
        return True

    async def _refuse(self, refused: AglaisError) -> None:
        """Say when it will work; what is wrong inside is for the administrators."""
        if refused.status not in FOR_GUESTS:
            self.log.error("guests are not let in: %s", refused.message)
            refused = Unavailable(
                "Guests cannot be let in just now; the administrators can see why.",
                retry_after=RETRY_SECONDS,
            )
        self.set_status(refused.status)
        if refused.retry_after is not None:
            self.set_header("Retry-After", str(refused.retry_after))
        self.finish(await self.render_template("refused.html", problem=refused))

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
            with _told():
                await self.authenticator.accounts.leave(self.current_user.name, "logged out")
        await super().get()

    async def _is_guest(self) -> bool:
        try:
            with _told():
                account = await self.authenticator.accounts.account(self.current_user.name)
        except NotFound:
            return False
        return bool(account.level is Level.ANONYMOUS)


@contextmanager
def _told() -> Iterator[None]:
    """Let JupyterHub show in plain words that the accounts service does not answer."""
    try:
        yield
    except NotFound:
        raise
    except AglaisError as problem:
        told = HTTPError(problem.status, problem.message)
        if problem.retry_after is not None:
            told.headers = {"Retry-After": str(problem.retry_after)}  # type: ignore[attr-defined]
        raise told from problem
