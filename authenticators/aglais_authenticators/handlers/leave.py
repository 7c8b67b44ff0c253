"""The way out."""

from __future__ import annotations

from contextlib import suppress

from jupyterhub.handlers.login import LogoutHandler

from aglais_authenticators.handlers.base import PlainHandler, in_plain_words
from aglais_hub.errors import AglaisError, Conflict, NotFound
from aglais_hub.models.accounts import Level

__all__ = ["LeaveHandler"]


class LeaveHandler(PlainHandler, LogoutHandler):
    """Logs out; a guest, who loses everything by it, is asked first."""

    @in_plain_words
    async def get(self) -> None:
        """Log out, or ask a guest: a link from elsewhere must not erase anybody's work."""
        if self.current_user is None or not await self._is_guest():
            await LogoutHandler.get(self)
            return
        back = self.current_user.spawner.ready and self.current_user.server_url()
        await self.show("leave.html", back=back or f"{self.hub.base_url}home")

    @in_plain_words
    async def post(self) -> None:
        """Log out for good; the form carries the XSRF token."""
        if self.current_user is not None:
            # Refused for members, and for a guest who has become one since the page was shown.
            with suppress(Conflict, NotFound):
                name = self.current_user.name
                await self.accounts.leave(name, "logged out", only_level=Level.ANONYMOUS)
        await LogoutHandler.get(self)

    async def _is_guest(self) -> bool:
        try:
            account = await self.accounts.account(self.current_user.name)
        except NotFound:
            return False
        except AglaisError:
            # Who is known as a member may leave while the accounts service is away.
            if self.is_guest:
                raise
            return False
        return bool(account.level is Level.ANONYMOUS)
