"""Which accounts may be made, and who they are."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta

from aglais_accounts.managers.base import GUEST_PREFIX, READ, WRITE, AccountsManager
from aglais_accounts.managers.brakes import Brake, network
from aglais_hub.errors import TooManyRequests
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, AccountRequest, GuestRequest, Level

__all__ = ["AccountManager", "GuestLimitError"]

MINUTE = timedelta(minutes=1)

FULL_RETRY_SECONDS = 60
"""When to try again where all guest places are taken: about how often one leaves."""


class GuestLimitError(TooManyRequests):
    """As many guests as may be are here already, or came from this address just now."""

    code = "guest-limit"


class AccountManager(AccountsManager):
    """Decides on accounts: permission first, then rule, inside one transaction."""

    async def open_guest(self, actor: Actor, request: GuestRequest) -> Account:
        """Make a level-0 account, if there is room for one more guest.

        Raises
        ------
        GuestLimitError
            There is not; it says when to try again.
        """
        actor.require(WRITE)
        now = utcnow()
        async with self.writing() as stores:
            await stores.levels.lock(Level.ANONYMOUS)
            limits, count = await stores.levels.taken(Level.ANONYMOUS)
            self._check_guests(count)
            await self._brake(request.address).press(stores.attempts, now)
            # Nobody had this name before, so nothing of it can be on its way out.
            name = GUEST_PREFIX + secrets.token_hex(6)
            account = await self._open(stores, name, limits, now)
        self.events.publish("account.created", account=account.name, level=account.level)
        return account

    def _check_guests(self, count: int) -> None:
        if count >= self.config.guest_limit:
            raise GuestLimitError(
                "All places for guests are taken. One is free as soon as a guest leaves; "
                "please try again in a minute.",
                retry_after=FULL_RETRY_SECONDS,
            )

    def _brake(self, address: str) -> Brake:
        return Brake(
            f"guest:{network(address)}",
            self.config.guests_per_minute,
            MINUTE,
            "Too many guests came from your network address just now.",
            GuestLimitError,
        )

    async def create_account(self, actor: Actor, request: AccountRequest) -> Account:
        """Make an account by hand.

        Raises
        ------
        AccountExistsError, AccountLeavingError
            The name is taken, or things of an earlier account of this name are not yet erased.
        """
        actor.require(WRITE)
        async with self.writing() as stores:
            account = await self._new(stores, request.name, request.level, utcnow())
        self.events.publish("account.created", account=account.name, level=account.level)
        return account

    async def account(self, actor: Actor, name: str) -> Account:
        """Return an account."""
        actor.require(READ, owner=name)
        async with self.reading() as stores:
            return await self._account(stores, name)

    async def accounts(
        self, actor: Actor, offset: int, limit: int, names: Collection[str] = ()
    ) -> tuple[list[Account], int]:
        """Return the accounts that the actor may see: all, or its own; or those named of them."""
        only = names or None
        if not actor.holds(READ):
            only = {actor.name}.intersection(names or {actor.name})
        async with self.reading() as stores:
            return await stores.accounts.page(offset, limit, only)
