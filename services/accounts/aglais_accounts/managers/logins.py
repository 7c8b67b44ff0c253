"""Who may come in with an address and a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from aglais_accounts.guard import PasswordGuard, Verdict
from aglais_accounts.managers.base import SIGNUPS, AccountsManager
from aglais_accounts.managers.brakes import Brake, network, press_all, somebody
from aglais_accounts.stores.attempts import AttemptStore
from aglais_accounts.stores.identities import AddressOwner
from aglais_hub.errors import Forbidden
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account
from aglais_hub.models.identities import PasswordLogin
from aglais_hub.service import Context

__all__ = ["LoginBrakes", "LoginManager", "LoginRefusedError"]

QUARTER, HOUR, KNOWN_FOR = timedelta(minutes=15), timedelta(hours=1), timedelta(days=30)

BY_ONE, BY_ALL, ON_ALL = 10, 100, 200
"""Wrong passwords: for an address from one place in 15 minutes; for an address from all places
in an hour; for all addresses from one place in 15 minutes."""


class LoginRefusedError(Forbidden):
    """Address and password do not belong together, or to nobody who may come in."""

    code = "login-refused"


@dataclass(frozen=True)
class LoginBrakes:
    """The brakes on a login; they do not know whether anybody has the address.

    Whoever has logged in from a place before, or set a new password there, is not stopped by what
    is tried from elsewhere: nobody can lock somebody else out.
    """

    address: str
    came_from: str

    @property
    def _place(self) -> str:
        return network(self.came_from)[:60]

    @property
    def _who(self) -> str:
        return somebody(self.address)

    @property
    def _known(self) -> str:
        return f"known:{self._who}:{self._place}"

    @property
    def place(self) -> Brake:
        """Everything that is tried from one place."""
        message = "Too many passwords were wrong from your network address just now."
        return Brake(f"logins:{self._place}", ON_ALL, QUARTER, message)

    @property
    def strict(self) -> Brake:
        """What one place tries on one address."""
        message = "The password was wrong too often just now."
        return Brake(f"login:{self._who}:{self._place}", BY_ONE, QUARTER, message)

    @property
    def loose(self) -> Brake:
        """What the world tries on one address."""
        message = "Too many passwords were tried for this address just now."
        return Brake(f"login:{self._who}", BY_ALL, HOUR, message)

    async def press(self, attempts: AttemptStore, now: datetime) -> None:
        """Count a login, or refuse it."""
        is_known = await attempts.since(self._known, now - KNOWN_FOR)
        by_world = [] if is_known else [self.loose]
        await press_all([self.place, self.strict, *by_world], attempts, now)

    async def release(self, attempts: AttemptStore, began: datetime) -> None:
        """Forget what was counted: the password was right."""
        for brake in (self.place, self.loose):
            await attempts.take_back(brake.bucket, began)
        await self.know(attempts, utcnow())

    async def know(self, attempts: AttemptStore, now: datetime) -> None:
        """Note that who has the address was at this place, and may try again."""
        await attempts.forget(self.strict.bucket)
        await attempts.forget(self._known)
        await attempts.add(self._known, now)


class LoginManager(AccountsManager):
    """Lets people in."""

    def __init__(self, context: Context, guard: PasswordGuard) -> None:
        super().__init__(context)
        self.guard = guard

    async def log_in(self, actor: Actor, request: PasswordLogin) -> Account:
        """Return the account of who knows its address and password.

        Where nobody has the address as much is done, so that it takes as long.

        Raises
        ------
        LoginRefusedError
            They do not belong together; it does not say which of them is wrong.
        TooManyAttemptsError
            It was tried too often.
        """
        actor.require(SIGNUPS)
        brakes, began = LoginBrakes(request.address, request.came_from), utcnow()
        async with self.writing() as stores:
            await brakes.press(stores.attempts, began)
            owner = await stores.passwords.owner(request.address)
        password = request.password.get_secret_value()
        verdict = await self.guard.verify(owner.hash if owner else None, password)
        if owner is None or not verdict.is_right:
            self.events.publish("login.refused", came_from=request.came_from)
            raise LoginRefusedError(
                "The address or the password is wrong. Check both, or set a new password: "
                "[Forgot your password?]."
            )
        account = await self._let_in(owner, verdict, brakes, began)
        self.events.publish("account.logged-in", account=account.name, door="password")
        return account

    async def _let_in(
        self, owner: AddressOwner, verdict: Verdict, brakes: LoginBrakes, began: datetime
    ) -> Account:
        async with self.writing() as stores:
            # It may have begun to leave while the password was looked at.
            now_owner = await stores.passwords.owner(brakes.address)
            if now_owner is None or now_owner.is_leaving or now_owner.hash != owner.hash:
                raise LoginRefusedError(
                    "This account is being erased, or its password was changed just now."
                )
            await brakes.release(stores.attempts, began)
            await stores.identities.used(owner.identity, utcnow())
            if verdict.renewed and owner.hash:
                await stores.passwords.renew(owner.account, owner.hash, verdict.renewed)
            return await self._account(stores, owner.account)
