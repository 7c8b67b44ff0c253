"""How somebody with an address and a password becomes a member."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from aglais_accounts.guard import PasswordGuard
from aglais_accounts.managers.base import (
    NOBODY,
    SIGNUPS,
    AccountExistsError,
    AccountsManager,
    AddressTakenError,
    Stores,
)
from aglais_accounts.managers.brakes import Brake, check_all, network, press_all
from aglais_accounts.managers.confirmations import Confirmed
from aglais_accounts.managers.mailing import mail_brakes
from aglais_accounts.managers.names import check_choice
from aglais_accounts.stores.signups import PendingSignup
from aglais_accounts.vault import digest, new_code
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, Level
from aglais_hub.models.identities import (
    EMAIL,
    Confirmation,
    ConfirmationRequest,
    ResendRequest,
    Signup,
    SignupRequest,
)
from aglais_hub.service import Context

__all__ = ["SignupManager"]

LIFE = timedelta(hours=24)
"""How long an address can be confirmed, and a name is kept."""

HOUR = timedelta(hours=1)

TRIES = 10
"""Times that people may try, each, until password and name are good."""


@dataclass(frozen=True)
class MailedCode:
    """A secret for a mail; `is_known`: the address has an account already."""

    secret: str
    is_known: bool

    @property
    def kept(self) -> str | None:
        """What is kept of it."""
        return None if self.is_known else digest(self.secret)


class SignupManager(AccountsManager):
    """Decides who may sign up, and makes the account when the address is confirmed.

    Nothing that anybody can see tells whether an address has an account: the same rows are
    written, the same work is done, and only the mail, to its owner, says another thing.
    """

    def __init__(self, context: Context, guard: PasswordGuard) -> None:
        super().__init__(context)
        self.guard = guard

    async def sign_up(self, actor: Actor, request: SignupRequest) -> Signup:
        """Keep a sign-up, and send its code to the address.

        Raises
        ------
        NameReservedError, AccountExistsError
            The name cannot be had.
        WeakPasswordError
            The password is easy to guess.
        TooManyAttemptsError
            Too many came from the network address, or to the e-mail address.
        """
        actor.require(SIGNUPS)
        now, name = utcnow(), request.name
        if name is None and request.guest is None:
            name = f"user-{secrets.token_hex(5)}"
        elif name is not None:
            check_choice(name, self.config.kept_names)
        brakes = self._brakes(request)
        async with self.writing() as stores:
            await self._judging(request).press(stores.attempts, now)
            await check_all(brakes, stores.attempts, now)
        signup = await self._written(request, name, now)
        async with self.writing() as stores:
            # Only here: who tries weak passwords first has not signed up so many times.
            await press_all(brakes, stores.attempts, now)
            await self._make_room(stores, signup)
            code = await self._code(stores, signup.address)
            await self._keep(stores, replace(signup, code_digest=code.kept))
            await self._send(stores, signup.address, code, signup.expires_at)
        return Signup(address=signup.address, expires_at=signup.expires_at)

    def _judging(self, request: SignupRequest) -> Brake:
        return Brake(
            f"judge:{network(request.came_from)}",
            TRIES * self.config.signups_per_hour,
            HOUR,
            "Too many passwords were tried from your network address just now.",
        )

    def _brakes(self, request: SignupRequest) -> list[Brake]:
        signups = Brake(
            f"signup:{network(request.came_from)}",
            self.config.signups_per_hour,
            HOUR,
            "Too many people signed up from your network address just now.",
        )
        return [signups, *mail_brakes(request.address, request.came_from)]

    async def _written(
        self, request: SignupRequest, name: str | None, now: datetime
    ) -> PendingSignup:
        """Return what is kept of a sign-up whose password is good."""
        password = request.password.get_secret_value()
        await self.guard.judge(password, [request.address, name, request.display_name])
        browser = request.browser
        return PendingSignup(
            id=uuid4().hex,
            address=request.address,
            code_digest=None,
            name=name,
            guest=request.guest,
            display_name=request.display_name,
            password_hash=await self.guard.hash(password),
            browser_digest=digest(browser.get_secret_value()) if browser else None,
            next=request.next,
            created_at=now,
            expires_at=now + LIFE,
        )

    async def _make_room(self, stores: Stores, signup: PendingSignup) -> None:
        """Free what is too old, and what was said in the same browser before."""
        await stores.signups.forget_expired(signup.created_at)
        if signup.browser_digest is not None:
            await stores.signups.forget_replaced(signup)

    async def _code(self, stores: Stores, address: str) -> MailedCode:
        """Return a new code; where there is an account already it is good for nothing."""
        is_known = await stores.identities.find(EMAIL, address) is not None
        return MailedCode(new_code(), is_known=is_known)

    async def _keep(self, stores: Stores, signup: PendingSignup) -> None:
        """Keep a sign-up, and its name for it.

        Raises
        ------
        AccountExistsError
            Somebody has the name, or it is kept for somebody else.
        """
        name = signup.name
        is_taken = name is not None and await stores.accounts.taken([name], signup.created_at)
        if is_taken or not await stores.signups.add(signup):
            raise AccountExistsError(f"The name {name} is taken already; choose another one.")

    async def _send(self, stores: Stores, to: str, code: MailedCode, expires_at: datetime) -> None:
        """Mail a code; who has an account already is told so instead."""
        await self._mail(
            stores,
            to,
            "have-account" if code.is_known else "confirm",
            link=self.config.link(f"/hub/confirm/{code.secret}"),
            login=self.config.link("/hub/login"),
            reset=self.config.link("/hub/reset"),
            expires_at=expires_at,
        )

    async def resend(self, actor: Actor, request: ResendRequest) -> Signup:
        """Send the code once more, a new one, to who signed up in this browser.

        The answer is the same where nobody did.
        """
        actor.require(SIGNUPS)
        now = utcnow()
        expires_at = now + LIFE
        browser = request.browser
        async with self.writing() as stores:
            brakes = mail_brakes(request.address, request.came_from)
            await press_all(brakes, stores.attempts, now)
            signup = await stores.signups.latest(
                request.address, digest(browser.get_secret_value()) if browser else None, now
            )
            identifier, to = (signup.id, signup.address) if signup else ("", NOBODY)
            code = await self._code(stores, request.address)
            await stores.signups.renew(identifier, code.kept, expires_at)
            await self._send(stores, to, code, expires_at)
        return Signup(address=request.address, expires_at=expires_at)

    async def redeem(
        self, stores: Stores, request: ConfirmationRequest, now: datetime
    ) -> Confirmed | None:
        """Make the account whose address is confirmed, in the transaction that takes the code.

        Raises
        ------
        AccountExistsError, AccountLeavingError
            Somebody was given the name meanwhile.
        AddressTakenError
            An account was given the address meanwhile.
        """
        # All confirmations wait for each other here, rather than for each other's rows.
        await stores.levels.lock(Level.ANONYMOUS)
        signup = await stores.signups.redeem(digest(request.code.get_secret_value()), now)
        if signup is None:
            return None
        await stores.signups.forget(signup.address)
        old = await self._guest_of(stores, signup, now)
        account = old or await self._member(stores, signup, now)
        await self._furnish(stores, account.name, signup, now)
        return Confirmed(
            Confirmation(
                account=account,
                purpose="signup",
                is_same_browser=_is_same(signup, request),
                is_complete=True,
                next=signup.next,
            ),
            "account.registered" if old else "account.created",
            {"account": account.name, "level": account.level},
        )

    async def _guest_of(
        self, stores: Stores, signup: PendingSignup, now: datetime
    ) -> Account | None:
        if signup.guest is None:
            return None
        account = await self._promote(stores, signup.guest, now, "signed up with an address")
        if account is None or signup.display_name is None:
            return account
        await stores.accounts.call(account.name, signup.display_name)
        return await self._account(stores, account.name)

    async def _member(self, stores: Stores, signup: PendingSignup, now: datetime) -> Account:
        name = signup.name or f"user-{secrets.token_hex(5)}"
        return await self._new(stores, name, Level.BASIC, now, signup.display_name)

    async def _furnish(
        self, stores: Stores, name: str, signup: PendingSignup, now: datetime
    ) -> None:
        address = signup.address
        if not await stores.identities.add(name, EMAIL, address, address, now):
            raise AddressTakenError(
                f"{address} belongs to an account already. Log in with it, "
                "or set a new password if you have forgotten the one you had."
            )
        await stores.passwords.put(name, signup.password_hash, now)


def _is_same(signup: PendingSignup, request: ConfirmationRequest) -> bool:
    if signup.browser_digest is None or request.browser is None:
        return False
    return hmac.compare_digest(signup.browser_digest, digest(request.browser.get_secret_value()))
