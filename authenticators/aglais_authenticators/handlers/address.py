"""The links of the two mails by which an account moves to another e-mail address."""

from __future__ import annotations

from aglais_authenticators.handlers.asking import with_code
from aglais_authenticators.handlers.base import PlainHandler, in_plain_words
from aglais_hub.models.identities import ConfirmationRequest

__all__ = ["AddressHandler"]


class AddressHandler(PlainHandler):
    """Asks, then confirms: a mail scanner, which follows links, must not give an account away."""

    hidden_below = "/address/"

    @in_plain_words
    async def get(self, _code: str) -> None:
        """Ask; the code is not used."""
        await self.show("move_address.html")

    @in_plain_words
    async def post(self, code: str) -> None:
        """Confirm."""
        request = with_code(ConfirmationRequest, code=code, came_from=self.came_from)
        await self.show("confirmed.html", confirmation=await self.accounts.confirm(request))
