"""How a password is set anew: by who has forgotten it, and by who knows it."""

from __future__ import annotations

from datetime import datetime, timedelta

from aglais_accounts.guard import PasswordGuard
from aglais_accounts.managers.base import (
    IDENTITIES,
    NOBODY,
    SIGNUPS,
    AccountLeavingError,
    AccountsManager,
    Stores,
)
from aglais_accounts.managers.brakes import Brake, press_all
from aglais_accounts.managers.codes import CodeUnusableError, code_brake
from aglais_accounts.managers.logins import LoginBrakes
from aglais_accounts.managers.mailing import mail_brakes
from aglais_accounts.vault import digest, new_code
from aglais_hub.errors import Conflict, Forbidden, InvalidRequest
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, AccountState
from aglais_hub.models.identities import (
    EMAIL,
    PasswordChange,
    PasswordReset,
    PasswordResetRequest,
)
from aglais_hub.service import Context

__all__ = ["NoAddressError", "PasswordManager", "WrongPasswordError"]

RESET = "reset"
"""Purpose of the codes."""

LIFE = timedelta(hours=1)

QUARTER, TRIES = timedelta(minutes=15), 10
"""Wrong present passwords of one account, from whomever is logged in to it."""


class WrongPasswordError(Forbidden):
    """The present password is another one."""

    code = "wrong-password"


class NoAddressError(Conflict):
    """The account has no address that a password could go with."""

    code = "no-address"


class PasswordManager(AccountsManager):
    """Decides who may set a password."""

    def __init__(self, context: Context, guard: PasswordGuard) -> None:
        super().__init__(context)
        self.guard = guard

    async def request_reset(self, actor: Actor, request: PasswordResetRequest) -> None:
        """Send a code to an address that has an account.

        Where it has none the same is written, to nobody, so that it takes as long.
        """
        actor.require(SIGNUPS)
        now, code = utcnow(), new_code()
        brakes = mail_brakes(request.address, request.came_from)
        async with self.writing() as stores:
            await press_all(brakes, stores.attempts, now)
            owner = await stores.passwords.owner(request.address)
            is_there = owner is not None and not owner.is_leaving
            account = owner.account if owner and is_there else None
            await stores.codes.add(
                digest(code), RESET, account, now + LIFE, {"address": request.address}
            )
            await self._mail(
                stores,
                request.address if is_there else NOBODY,
                "reset",
                link=self.config.link(f"/hub/reset/{code}"),
                expires_at=now + LIFE,
            )

    async def redeem_reset(self, actor: Actor, request: PasswordReset) -> Account:
        """Set the password of who has the code; of many who try, one does.

        Raises
        ------
        CodeUnusableError
            It was used, is too old, or never was one.
        WeakPasswordError
            The password is easy to guess; the code can be used again.
        """
        actor.require(SIGNUPS)
        name = await self._account_of(request)
        password = request.password.get_secret_value()
        await self._judge(name, password)
        hash_ = await self.guard.hash(password)
        now = utcnow()
        async with self.writing() as stores:
            code = await stores.codes.redeem(digest(request.code.get_secret_value()), RESET, now)
            if code is None or code.account is None:
                raise _unusable()
            account = await self._present(stores, code.account)
            await self._set(stores, account, hash_, "forgot it", now)
            # Whoever was logged in as the owner may have begun to move the account away.
            await stores.address_changes.remove(account.name)
            await stores.codes.forget(account.name)
            for address in await self._addresses(stores, account.name):
                await LoginBrakes(address, request.came_from).know(stores.attempts, now)
        self.events.publish("account.password-changed", account=account.name, why="reset")
        return account

    async def _account_of(self, request: PasswordReset) -> str:
        """Return whose code it is, which stays usable."""
        now, brake = utcnow(), code_brake(request.came_from)
        kept = digest(request.code.get_secret_value())
        async with self.writing() as stores:
            await brake.check(stores.attempts, now)
            code = await stores.codes.find(kept, RESET, now)
            if code is None or code.account is None:
                await stores.attempts.add(brake.bucket, now)
        if code is None or code.account is None:
            raise _unusable()
        return code.account

    async def change(self, actor: Actor, name: str, change: PasswordChange) -> None:
        """Set the password of an account; who has one has to say it.

        Raises
        ------
        WrongPasswordError
            The present one is another one.
        NoAddressError
            There is nothing to log in with besides.
        WeakPasswordError
            The new one is easy to guess.
        """
        actor.require(IDENTITIES, owner=name)
        known = await self._checked(name, change)
        password = change.password.get_secret_value()
        await self._judge(name, password)
        hash_, now = await self.guard.hash(password), utcnow()
        async with self.writing() as stores:
            account = await self._present(stores, name)
            if await stores.passwords.get(name) != known:
                raise _wrong()  # Somebody else was faster.
            await self._set(stores, account, hash_, None, now, by=actor.name)
        self.events.publish("account.password-changed", account=name, by=actor.name)

    async def _checked(self, name: str, change: PasswordChange) -> str | None:
        """Return the present hash, after the present password was said."""
        now = utcnow()
        brake = Brake(f"password:{name}", TRIES, QUARTER, "The password was wrong too often.")
        async with self.writing() as stores:
            await self._present(stores, name)
            if not await self._addresses(stores, name):
                raise NoAddressError(f"{name} has no e-mail address to log in with. Add one first.")
            known = await stores.passwords.get(name)
            if known is not None and change.current is None:
                raise InvalidRequest("current: Say the present password as well.")
            if known is not None:
                await brake.press(stores.attempts, now)
        if known is None or change.current is None:
            return None
        if not (await self.guard.verify(known, change.current.get_secret_value())).is_right:
            raise _wrong()
        async with self.writing() as stores:
            await stores.attempts.forget(brake.bucket)
        return known

    async def _judge(self, name: str, password: str) -> None:
        async with self.reading() as stores:
            account = await self._account(stores, name)
            addresses = await self._addresses(stores, name)
        await self.guard.judge(password, [name, account.display_name, *addresses])

    async def _present(self, stores: Stores, name: str) -> Account:
        account = await self._account(stores, name)
        if account.state is not AccountState.ACTIVE:
            raise AccountLeavingError(f"{name} is being erased, and nobody can log in any more.")
        return account

    async def _addresses(self, stores: Stores, name: str) -> list[str]:
        return [one.subject for one in await stores.identities.of(name) if one.provider == EMAIL]

    async def _set(
        self,
        stores: Stores,
        account: Account,
        hash_: str,
        why: str | None,
        now: datetime,
        by: str | None = None,
    ) -> None:
        """Keep the hash, end what could set another one, and tell the owner."""
        name = account.name
        await stores.passwords.put(name, hash_, now)
        await stores.codes.forget(name, RESET)
        await stores.changes.add(name, by or name, "password", None, None, why)
        for address in await self._addresses(stores, name):
            await self._mail(
                stores, address, "password-changed", at=now, reset=self.config.link("/hub/reset")
            )


def _unusable() -> CodeUnusableError:
    return CodeUnusableError("Ask for another mail: [Forgot your password?].")


def _wrong() -> WrongPasswordError:
    return WrongPasswordError(
        "The present password is another one. Try again, or log out and set a new one: "
        "[Forgot your password?]."
    )
