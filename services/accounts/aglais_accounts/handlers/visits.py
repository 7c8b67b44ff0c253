"""URLs for who comes from elsewhere: from an OAuth provider, or with a login token."""

from __future__ import annotations

from aglais_accounts.handlers.base import AccountsApi
from aglais_accounts.managers.base import SIGNUPS
from aglais_accounts.managers.tokens import WRITE_TOKENS
from aglais_hub.models.accounts import Account
from aglais_hub.models.identities import (
    LoginToken,
    LoginTokenRedemption,
    LoginTokenRequest,
    Registration,
    TokenLogin,
    Visit,
    VisitRequest,
)
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route

__all__ = ["ROUTES"]


class Visits(AccountsApi):
    """Who came back from a provider."""

    @operation(
        Operation(
            "Say who came back from an OAuth provider",
            SIGNUPS,
            VisitRequest,
            returns=Visit,
            is_secret=True,
        )
    )
    async def post(self, request: VisitRequest) -> Visit:
        """Return the account, or a code to register with."""
        return await self.manager.visits.visit(self.actor, request)


class Registrations(AccountsApi):
    """Who came for the first time."""

    @operation(
        Operation(
            "Make the account of who came for the first time",
            SIGNUPS,
            Registration,
            returns=Account,
            status=201,
            is_secret=True,
        )
    )
    async def post(self, request: Registration) -> Account:
        """Make it."""
        account = await self.manager.visits.register(self.actor, request)
        self.created("accounts", account.name)
        return account


class LoginTokens(AccountsApi):
    """URLs that log somebody in."""

    @operation(
        Operation(
            "Make a URL that logs somebody in, once",
            WRITE_TOKENS,
            LoginTokenRequest,
            returns=LoginToken,
            status=201,
            is_secret=True,
        )
    )
    async def post(self, request: LoginTokenRequest, name: str) -> LoginToken:
        """Make it; there is no place where it could be seen again."""
        return await self.manager.tokens.make(self.actor, name, request)


class Redemptions(AccountsApi):
    """Login tokens that browsers come with."""

    @operation(
        Operation(
            "Return whom a login token logs in",
            SIGNUPS,
            LoginTokenRedemption,
            returns=TokenLogin,
            is_secret=True,
        )
    )
    async def post(self, request: LoginTokenRedemption) -> TokenLogin:
        """Return it, and consume the token."""
        return await self.manager.tokens.redeem(self.actor, request)


ROUTES = (
    Route("api/visits", Visits),
    Route("api/registrations", Registrations),
    Route("api/accounts/{name}/login-tokens", LoginTokens),
    Route("api/login-tokens/redeem", Redemptions),
)
