"""Login tokens: a URL that logs somebody in, once, for who comes from elsewhere."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from aglais_accounts.managers.base import SIGNUPS
from aglais_accounts.managers.codes import CodeUnusableError, redeem
from aglais_accounts.managers.members import MemberManager
from aglais_accounts.vault import digest, new_code
from aglais_hub.identity import Actor, scope
from aglais_hub.models import utcnow
from aglais_hub.models.identities import (
    LoginToken,
    LoginTokenRedemption,
    LoginTokenRequest,
    TokenLogin,
)

__all__ = ["WRITE_TOKENS", "TokenManager"]

WRITE_TOKENS = scope("write", "login-tokens")
LIFE = timedelta(seconds=60)
LOGIN = "login"
"""The purpose that the Hub redeems."""


class TokenManager(MemberManager):
    """Decides on login tokens."""

    async def make(self, actor: Actor, name: str, request: LoginTokenRequest) -> LoginToken:
        """Return a URL that logs somebody in; only its digest is kept.

        Raises
        ------
        Forbidden
            The actor may not do so for everybody: nobody makes tokens for their own account.
        AccountLeavingError
            The account is being erased.
        """
        actor.require(WRITE_TOKENS)
        token, expires_at = new_code(), utcnow() + LIFE
        async with self.writing() as stores:
            self._check_stays(await self._account(stores, name))
            bound = {"next": request.next}
            purpose = _kept_as(request.purpose)
            await stores.codes.add(digest(token), purpose, name, expires_at, bound)
        self.events.publish("login-token.made", account=name, by=actor.name)
        query = {"code": token} | ({} if request.purpose == LOGIN else {"purpose": request.purpose})
        url = self.config.link(f"/hub/enter?{urlencode(query)}")
        return LoginToken(url=url, expires_at=expires_at)

    async def redeem(self, actor: Actor, request: LoginTokenRedemption) -> TokenLogin:
        """Return whom a token logs in; of many who come with it, one gets an answer.

        Raises
        ------
        CodeUnusableError
            It was used, is too old, is for another purpose, or never was one.
        """
        actor.require(SIGNUPS)
        purpose = _kept_as(request.purpose)
        async with self.writing() as stores:
            redeemed = await redeem(stores, request.token, purpose, request.came_from, utcnow())
            account = None
            if redeemed is not None and redeemed.account is not None:
                await stores.absences.see({redeemed.account: utcnow()})
                account = await self._account(stores, redeemed.account)
        if redeemed is None or account is None:
            raise CodeUnusableError("Please go back to where you came from, and log in from there.")
        self._check_stays(account)
        self.events.publish("login-token.used", account=account.name)
        return TokenLogin(account=account, next=redeemed.payload["next"])


def _kept_as(purpose: str) -> str:
    """Return the purpose of the code: no other code can be taken for a login token."""
    return f"token-{purpose}"
