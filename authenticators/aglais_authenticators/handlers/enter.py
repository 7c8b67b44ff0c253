"""Login tokens: another site or machine logs somebody in with a URL that works once."""

from __future__ import annotations

from datetime import timedelta

from aglais_authenticators.handlers.asking import with_code
from aglais_authenticators.handlers.base import DoorHandler, in_plain_words
from aglais_authenticators.handlers.kept import Kept
from aglais_hub.errors import NotFound
from aglais_hub.models.identities import LoginTokenRedemption

__all__ = ["EnterHandler"]

SWITCH = Kept("aglais-switch", timedelta(minutes=5))
"""Whom a token logs in, while somebody who is logged in already is asked."""


class EnterHandler(DoorHandler):
    """The door of login tokens."""

    @in_plain_words
    async def get(self) -> None:
        """Log in; who is here as somebody else is asked first."""
        login = await self.accounts.redeem(
            with_code(
                LoginTokenRedemption,
                token=self.get_query_argument("code", ""),
                came_from=self.came_from,
            )
        )
        here = self.current_user
        if here is None or here.name == login.account.name:
            await self.enter(login.account, "login token")
            self.lead_on(login.next)
            return
        SWITCH.set(self, {"account": login.account.name, "next": login.next})
        await self.show("switch.html", account=login.account, stay=login.next)

    @in_plain_words
    async def post(self) -> None:
        """Log in as the other one, as was asked for and said yes to."""
        kept = SWITCH.get(self)
        SWITCH.drop(self)
        if not kept:
            raise NotFound("The question was open for too long. Please use a new link.")
        account = await self.accounts.account(kept["account"])
        await self.enter(account, "login token")
        self.lead_on(kept["next"])
