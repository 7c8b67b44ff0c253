"""URLs of passwords."""

from __future__ import annotations

from aglais_accounts.handlers.base import AccountsApi
from aglais_accounts.managers.base import IDENTITIES, SIGNUPS
from aglais_hub.models.accounts import Account
from aglais_hub.models.identities import PasswordChange, PasswordReset, PasswordResetRequest
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route

__all__ = ["ROUTES"]


class Resets(AccountsApi):
    """Passwords that were forgotten."""

    @operation(
        Operation(
            "Send a mail with which a password can be set anew, if there is an account",
            SIGNUPS,
            PasswordResetRequest,
            status=204,
            is_secret=True,
        )
    )
    async def post(self, request: PasswordResetRequest) -> None:
        """Send it."""
        await self.manager.passwords.request_reset(self.actor, request)


class RedeemReset(AccountsApi):
    """The code of such a mail."""

    @operation(
        Operation(
            "Set a password anew with the code of a mail",
            SIGNUPS,
            PasswordReset,
            returns=Account,
            is_secret=True,
        )
    )
    async def post(self, request: PasswordReset) -> Account:
        """Set it."""
        return await self.manager.passwords.redeem_reset(self.actor, request)


class Password(AccountsApi):
    """The password of an account."""

    @operation(
        Operation("Set another password", IDENTITIES, PasswordChange, status=204, is_secret=True)
    )
    async def post(self, request: PasswordChange, name: str) -> None:
        """Set it."""
        await self.manager.passwords.change(self.actor, name, request)


ROUTES = (
    Route("api/password-resets", Resets),
    Route("api/password-resets/redeem", RedeemReset),
    Route("api/accounts/{name}/password", Password),
)
