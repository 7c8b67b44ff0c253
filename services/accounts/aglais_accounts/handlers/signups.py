"""URLs of sign-up, confirmation and login, for the Hub and for other websites."""

from __future__ import annotations

from aglais_accounts.handlers.base import AccountsApi
from aglais_accounts.managers.base import SIGNUPS
from aglais_hub.models.accounts import Account
from aglais_hub.models.identities import (
    Confirmation,
    ConfirmationRequest,
    PasswordLogin,
    ResendRequest,
    Signup,
    SignupRequest,
)
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route

__all__ = ["ROUTES"]


class Signups(AccountsApi):
    """Sign-ups that have still to be confirmed."""

    @operation(
        Operation(
            "Sign up with an address and a password; a mail says how it goes on",
            SIGNUPS,
            SignupRequest,
            returns=Signup,
            status=202,
            is_secret=True,
        )
    )
    async def post(self, request: SignupRequest) -> Signup:
        """Sign up."""
        return await self.manager.signups.sign_up(self.actor, request)


class Resend(AccountsApi):
    """The mail of a sign-up, once more."""

    @operation(
        Operation(
            "Send the mail of a sign-up once more",
            SIGNUPS,
            ResendRequest,
            returns=Signup,
            status=202,
            is_secret=True,
        )
    )
    async def post(self, request: ResendRequest) -> Signup:
        """Send it."""
        return await self.manager.signups.resend(self.actor, request)


class Confirmations(AccountsApi):
    """Codes that were sent by mail."""

    @operation(
        Operation(
            "Confirm an address with the code that was sent there",
            SIGNUPS,
            ConfirmationRequest,
            returns=Confirmation,
            is_secret=True,
        )
    )
    async def post(self, request: ConfirmationRequest) -> Confirmation:
        """Confirm."""
        return await self.manager.confirmations.confirm(self.actor, request)


class Logins(AccountsApi):
    """Address and password."""

    @operation(
        Operation(
            "Return the account that an address and a password belong to",
            SIGNUPS,
            PasswordLogin,
            returns=Account,
            is_secret=True,
        )
    )
    async def post(self, request: PasswordLogin) -> Account:
        """Log in."""
        return await self.manager.logins.log_in(self.actor, request)


ROUTES = (
    Route("api/signups", Signups),
    Route("api/signups/resend", Resend),
    Route("api/confirmations", Confirmations),
    Route("api/logins", Logins),
)
