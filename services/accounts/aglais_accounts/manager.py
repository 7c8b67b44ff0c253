"""What accounts may be made, and what happens to them."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

from aglais_accounts.config import AccountsConfig
from aglais_accounts.stores import AccountStore, ClickStore, DepartureStore, LevelStore
from aglais_hub.errors import Conflict, NotFound, TooManyRequests
from aglais_hub.identity import Actor, scope
from aglais_hub.manager import Manager, store
from aglais_hub.manager import Stores as BaseStores
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import (
    Account,
    AccountRequest,
    Departure,
    GuestRequest,
    Level,
    LevelEdit,
    LevelLimits,
)
from aglais_hub.service import Context
from aglais_hub.versions import require_version

__all__ = [
    "READ",
    "WRITE",
    "AccountExistsError",
    "AccountLeavingError",
    "AccountManager",
    "GuestLimitError",
    "begin_departure",
    "is_guest_name",
]

READ = scope("read", "accounts")
WRITE = scope("write", "accounts")

MINUTE = timedelta(minutes=1)
GUEST_PREFIX = "guest-"
GUEST_NAME = re.compile(rf"{GUEST_PREFIX}[0-9a-f]{{12}}")
"""What the guest door calls people; other names are somebody's choice."""

FULL_RETRY_SECONDS = 60
"""When to try again where all guest places are taken: about how often one leaves."""


class GuestLimitError(TooManyRequests):
    """As many guests as may be are here already, or came from this address just now."""

    code = "guest-limit"


class AccountExistsError(Conflict):
    """The name is taken."""

    code = "account-exists"


class AccountLeavingError(Conflict):
    """An account of this name is on its way out, and would take the new one with it."""

    code = "account-leaving"


class Stores(BaseStores):
    """The stores of this service."""

    accounts = store(AccountStore)
    levels = store(LevelStore)
    clicks = store(ClickStore)
    departures = store(DepartureStore)


class AccountManager(Manager[Stores]):
    """Decides on accounts: permission first, then rule, inside one transaction."""

    stores = Stores

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.config: AccountsConfig = context.config

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
            await self._check_guests(stores, request.address, now)
            await stores.clicks.add(request.address, now, forget_before=now - MINUTE)
            name = GUEST_PREFIX + secrets.token_hex(6)
            account = await self._create(stores, name, Level.ANONYMOUS, now)
        self.events.publish("account.created", account=account.name, level=account.level)
        return account

    async def _check_guests(self, stores: Stores, address: str, now: datetime) -> None:
        if await stores.accounts.count(Level.ANONYMOUS) >= self.config.guest_limit:
            raise GuestLimitError(
                "All places for guests are taken. One is free as soon as a guest leaves; "
                "please try again in a minute.",
                retry_after=FULL_RETRY_SECONDS,
            )
        recent = await stores.clicks.since(address, now - MINUTE)
        if len(recent) >= self.config.guests_per_minute:
            first_forgotten = recent[-self.config.guests_per_minute] + MINUTE
            wait = max(1, round((first_forgotten - now).total_seconds()))
            raise GuestLimitError(
                f"Too many guests came from your network address just now. "
                f"Please try again in {wait} seconds.",
                retry_after=wait,
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
            # The sweep, too, holds it where it decides that a name has no account.
            await stores.levels.lock(Level.ANONYMOUS)
            known = await stores.accounts.get(request.name)
            if known is None and await stores.departures.get(request.name) is not None:
                raise AccountLeavingError(
                    f"What an earlier account {request.name} left is just being erased; "
                    "please try again in a minute."
                )
            account = await self._create(stores, request.name, request.level, utcnow())
        self.events.publish("account.created", account=account.name, level=account.level)
        return account

    async def _create(self, stores: Stores, name: str, level: Level, now: datetime) -> Account:
        limits = await self._limits(stores, level)
        life = limits.lifetime_seconds
        expires_at = now + timedelta(seconds=life) if life else None
        if not await stores.accounts.add(name, level, now, expires_at):
            raise AccountExistsError(f"There is an account {name} already.")
        return await self._account(stores, name)

    async def account(self, actor: Actor, name: str) -> Account:
        """Return an account."""
        actor.require(READ, owner=name)
        async with self.reading() as stores:
            return await self._account(stores, name)

    async def accounts(self, actor: Actor, offset: int, limit: int) -> tuple[list[Account], int]:
        """Return the accounts that the actor may see: all, or its own."""
        only = None if actor.holds(READ) else actor.name
        async with self.reading() as stores:
            return await stores.accounts.page(offset, limit, only)

    async def levels(self) -> list[LevelLimits]:
        """Return what levels give; no secret."""
        async with self.reading() as stores:
            return await stores.levels.all()

    async def level(self, level: Level) -> LevelLimits:
        """Return what a level gives; no secret."""
        async with self.reading() as stores:
            return await self._limits(stores, level)

    async def edit_level(
        self, actor: Actor, level: Level, edit: LevelEdit, version: str | None
    ) -> LevelLimits:
        """Change what a level gives, for accounts as they are and to come."""
        actor.require(WRITE)
        async with self.writing() as stores:
            await stores.levels.lock(level)
            require_version(await self._limits(stores, level), version)
            limits = LevelLimits(level=level, **edit.model_dump())
            await stores.levels.save(limits)
        self.events.publish("level.changed", level=level, by=actor.name)
        return limits

    async def leave(self, actor: Actor, name: str, reason: str) -> Departure:
        """Begin to erase an account and all that it has; saying it again changes nothing."""
        actor.require(WRITE, owner=name)
        async with self.writing() as stores:
            await self._account(stores, name)
            is_new = await begin_departure(stores, name, reason)
            departure = await self._departure(stores, name)
        if is_new:
            self.events.publish("account.leaving", account=name, reason=reason)
        return departure

    async def departures(self, actor: Actor) -> list[Departure]:
        """Return who is on the way out, as far as the actor may see it."""
        async with self.reading() as stores:
            return [one for one in await stores.departures.all() if actor.holds(READ, one.name)]

    async def departure(self, actor: Actor, name: str) -> Departure:
        """Return one departure."""
        actor.require(READ, owner=name)
        async with self.reading() as stores:
            return await self._departure(stores, name)

    async def _departure(self, stores: Stores, name: str) -> Departure:
        departure = await stores.departures.get(name)
        if departure is None:
            raise NotFound(f"{name} is not on the way out.")
        return departure

    async def _account(self, stores: Stores, name: str) -> Account:
        account = await stores.accounts.get(name)
        if account is None:
            raise NotFound(f"There is no account {name}.")
        return account

    async def _limits(self, stores: Stores, level: Level) -> LevelLimits:
        limits = await stores.levels.get(level)
        if limits is None:
            raise NotFound(f"There is no level {level}.")
        return limits


async def begin_departure(stores: Stores, name: str, reason: str) -> bool:
    """Mark an account, or what was left of one, as on its way out; tell whether it was not."""
    if not await stores.departures.add(name, reason, utcnow()):
        return False
    await stores.accounts.mark_leaving(name)
    return True


def is_guest_name(name: str) -> bool:
    """Tell whether the guest door gave this name."""
    return GUEST_NAME.fullmatch(name) is not None
