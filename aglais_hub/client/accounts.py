"""Client of the accounts service."""

from __future__ import annotations

from typing import BinaryIO

from aglais_hub.client.keys import KeyMethods
from aglais_hub.models.accounts import (
    Account,
    AccountEdit,
    AccountRequest,
    Change,
    GuestRequest,
    Level,
    LevelEdit,
    LevelLimits,
)
from aglais_hub.models.departures import Departure, DeparturePlan
from aglais_hub.models.identities import (
    AddressChange,
    AddressChangeRequest,
    Confirmation,
    ConfirmationRequest,
    Identity,
    IdentityRequest,
    LoginToken,
    LoginTokenRedemption,
    LoginTokenRequest,
    PasswordChange,
    PasswordLogin,
    PasswordReset,
    PasswordResetRequest,
    Registration,
    ResendRequest,
    Signup,
    SignupRequest,
    TokenLogin,
    Visit,
    VisitRequest,
)
from aglais_hub.models.limits import AccountLimits, OverridesEdit
from aglais_hub.models.mails import MailRequest

__all__ = ["AccountsClient"]


class AccountsClient(KeyMethods):
    """Accounts and levels."""

    title = "The accounts service"

    async def open_guest(self, address: str, *, key: str | None = None) -> Account:
        """Make a level-0 account for somebody at a network address.

        The same `key` again is the same click, and gives the same account.
        """
        request = GuestRequest(address=address)
        return await self.post(Account, "guests", request, idempotency_key=key)

    async def create_account(self, request: AccountRequest) -> Account:
        """Make an account."""
        return await self.post(Account, "accounts", request)

    async def account(self, name: str) -> Account:
        """Return an account."""
        return await self.get(Account, f"accounts/{name}")

    async def accounts(self, *names: str) -> list[Account]:
        """Return all accounts that the token may see, or those named of them (at most 200)."""
        return await self.list(Account, "accounts", **({"name": names} if names else {}))

    async def leave(self, name: str, reason: str, *, only_level: Level | None = None) -> Departure:
        """Erase an account and everything that it has; goes on in the background.

        With `only_level` it is refused where the account is of another level by now.
        """
        given = (
            {"reason": reason}
            if only_level is None
            else {"reason": reason, "only_level": only_level}
        )
        return await self.post(Departure, f"accounts/{name}/leave", given)

    async def leave_plan(self, name: str) -> DeparturePlan:
        """Return what would go with an account; nothing begins."""
        return await self.get(DeparturePlan, f"accounts/{name}/leave-plan")

    async def export(self, name: str, file: BinaryIO) -> int:
        """Write all that an account has into a file, a gzipped tar; return the file's size.

        One that was refused or broke off raises, and lacks ``manifest.json``.
        """
        return await self.save(f"accounts/{name}/export", file)

    async def departure(self, name: str) -> Departure:
        """Return how far an account is on its way out, and what is gone so far."""
        return await self.get(Departure, f"departures/{name}")

    async def departures(self) -> list[Departure]:
        """Return what is on its way out."""
        return await self.list(Departure, "departures")

    async def levels(self) -> list[LevelLimits]:
        """Return what the levels give."""
        return await self.list(LevelLimits, "levels")

    async def edit_level(self, level: Level, edit: LevelEdit) -> LevelLimits:
        """Change what a level gives."""
        return await self.post(LevelLimits, f"levels/{int(level)}", edit)

    async def edit_account(self, name: str, edit: AccountEdit) -> Account:
        """Change level, name of the person, or end of an account."""
        return await self.post(Account, f"accounts/{name}", edit)

    async def limits(self, name: str) -> AccountLimits:
        """Return what holds for an account, and where each limit comes from."""
        return await self.get(AccountLimits, f"accounts/{name}/limits")

    async def edit_limits(self, name: str, edit: OverridesEdit) -> AccountLimits:
        """Set limits for one account of level n; what is left out is as the level gives it."""
        return await self.post(AccountLimits, f"accounts/{name}/limits", edit)

    async def send_mail(self, name: str, mail: MailRequest, *, key: str | None = None) -> None:
        """Write to an account's owner, if there is an address; the same key again is one mail."""
        await self.request("POST", f"accounts/{name}/mails", body=mail, idempotency_key=key)

    async def changes(self, name: str) -> list[Change]:
        """Return what was changed about an account, newest first."""
        return await self.list(Change, f"accounts/{name}/changes")

    async def sign_up(self, request: SignupRequest) -> Signup:
        """Begin an account with an address and a password; a mail tells how it goes on."""
        return await self.post(Signup, "signups", request)

    async def resend(self, request: ResendRequest) -> Signup:
        """Send the mail of a sign-up once more; the same answer whether there was one."""
        return await self.post(Signup, "signups/resend", request)

    async def confirm(self, request: ConfirmationRequest) -> Confirmation:
        """Confirm an address with the code that was sent there; it works once."""
        return await self.post(Confirmation, "confirmations", request)

    async def log_in(self, request: PasswordLogin) -> Account:
        """Return the account that an address and a password belong to."""
        return await self.post(Account, "logins", request)

    async def request_reset(self, request: PasswordResetRequest) -> None:
        """Send a mail with which a forgotten password can be set anew, if there is an account."""
        await self.request("POST", "password-resets", body=request)

    async def reset_password(self, request: PasswordReset) -> Account:
        """Set a new password with the code of a mail; it works once."""
        return await self.post(Account, "password-resets/redeem", request)

    async def change_password(self, name: str, change: PasswordChange) -> None:
        """Set another password."""
        await self.request("POST", f"accounts/{name}/password", body=change)

    async def change_address(self, name: str, request: AddressChangeRequest) -> AddressChange:
        """Begin to move an account to another address; both are sent a mail."""
        return await self.post(AddressChange, f"accounts/{name}/address", request)

    async def address_change(self, name: str) -> AddressChange:
        """Return the change of address that is under way."""
        return await self.get(AddressChange, f"accounts/{name}/address")

    async def cancel_address(self, name: str) -> None:
        """Give a change of address up."""
        await self.request("DELETE", f"accounts/{name}/address")

    async def visit(self, request: VisitRequest) -> Visit:
        """Say who came back from an OAuth provider; returns the account, or how to get one."""
        return await self.post(Visit, "visits", request)

    async def register(self, request: Registration) -> Account:
        """Make the account of somebody who came by an OAuth provider for the first time."""
        return await self.post(Account, "registrations", request)

    async def identities(self, name: str) -> list[Identity]:
        """Return what an account logs in with."""
        return await self.list(Identity, f"accounts/{name}/identities")

    async def link(self, name: str, request: IdentityRequest) -> Identity:
        """Let an account log in with one more identity."""
        return await self.post(Identity, f"accounts/{name}/identities", request)

    async def unlink(self, name: str, identity: str) -> None:
        """Let an account no longer log in with an identity."""
        await self.request("DELETE", f"accounts/{name}/identities/{identity}")

    async def login_token(self, name: str, request: LoginTokenRequest) -> LoginToken:
        """Make a URL that logs somebody in, once."""
        return await self.post(LoginToken, f"accounts/{name}/login-tokens", request)

    async def redeem(self, request: LoginTokenRedemption) -> TokenLogin:
        """Return whom a login token logs in; it works once."""
        return await self.post(TokenLogin, "login-tokens/redeem", request)
