"""What the managers of this service share: stores, scopes, and who there is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from aglais_accounts.config import AccountsConfig
from aglais_accounts.letters import letter
from aglais_accounts.stores.absences import AbsenceStore
from aglais_accounts.stores.accounts import AccountStore
from aglais_accounts.stores.addresses import AddressChangeStore
from aglais_accounts.stores.attempts import AttemptStore
from aglais_accounts.stores.belongings import BelongingStore
from aglais_accounts.stores.changes import ChangeStore
from aglais_accounts.stores.codes import CodeStore
from aglais_accounts.stores.departures import DepartureStore
from aglais_accounts.stores.grants import GrantStore, NodeTokenStore
from aglais_accounts.stores.identities import IdentityStore, PasswordStore
from aglais_accounts.stores.keys import KeyStore
from aglais_accounts.stores.levels import LevelStore
from aglais_accounts.stores.mails import MailStore
from aglais_accounts.stores.marks import MarkStore
from aglais_accounts.stores.overrides import OverrideStore
from aglais_accounts.stores.signups import SignupStore
from aglais_accounts.vault import Vault
from aglais_hub.errors import Conflict, NotFound
from aglais_hub.identity import scope
from aglais_hub.manager import Manager, store
from aglais_hub.manager import Stores as BaseStores
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, AccountState, Level, LevelLimits
from aglais_hub.service import Context

__all__ = [
    "IDENTITIES",
    "NOBODY",
    "READ",
    "SIGNUPS",
    "WRITE",
    "AccountExistsError",
    "AccountLeavingError",
    "AccountsManager",
    "AddressTakenError",
    "Stores",
    "begin_departure",
    "is_guest_name",
]

READ = scope("read", "accounts")
WRITE = scope("write", "accounts")
SIGNUPS = scope("write", "signups")
"""Held by the Hub, and by websites that let people come in."""

IDENTITIES = scope("write", "identities")

NOBODY = ""
"""Address of mails that are written only so that it takes as long: the outbox drops them."""

GUEST_PREFIX = "guest-"
GUEST_NAME = re.compile(rf"{GUEST_PREFIX}[0-9a-f]{{12}}")
"""What the guest door calls people; other names are somebody's choice."""


class AccountExistsError(Conflict):
    """The name is taken."""

    code = "account-exists"


class AccountLeavingError(Conflict):
    """An account of this name is on its way out, and would take the new one with it."""

    code = "account-leaving"


class AddressTakenError(Conflict):
    """The address belongs to an account already; told only to who has its mails."""

    code = "address-taken"


class Stores(BaseStores):
    """The stores of this service."""

    accounts = store(AccountStore)
    address_changes = store(AddressChangeStore)
    levels = store(LevelStore)
    absences = store(AbsenceStore)
    attempts = store(AttemptStore)
    belongings = store(BelongingStore)
    changes = store(ChangeStore)
    codes = store(CodeStore)
    departures = store(DepartureStore)
    grants = store(GrantStore)
    identities = store(IdentityStore)
    keys = store(KeyStore)
    mails = store(MailStore)
    marks = store(MarkStore)
    node_tokens = store(NodeTokenStore)
    overrides = store(OverrideStore)
    passwords = store(PasswordStore)
    signups = store(SignupStore)


class AccountsManager(Manager[Stores]):
    """What all managers of this service know and do."""

    stores = Stores

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.config: AccountsConfig = context.config
        self.vault = Vault(self.config.secret_keys.get_secret_value())

    async def _mail(self, stores: Stores, address: str, template: str, **values: object) -> None:
        """Put a mail into the outbox, together with what it is about.

        Parameters
        ----------
        stores
            Of the transaction that makes true what the mail says.
        template
            Name of a file in ``mails/``, without ``.txt``; its first line is the subject.
        values
            What the template prints; a `link` should be one of `self.config.link`.
        """
        subject, text = letter(template, **values)
        await stores.mails.add(address, subject, self.vault.close(text), utcnow())

    async def _new(
        self,
        stores: Stores,
        name: str,
        level: Level,
        now: datetime,
        display_name: str | None = None,
    ) -> Account:
        """Keep a new account.

        Raises
        ------
        AccountExistsError, AccountLeavingError
            The name is taken, or things of an earlier account of this name are not yet erased.
        """
        # The sweep, too, holds it where it decides that a name has no account.
        await stores.levels.lock(Level.ANONYMOUS)
        known = await stores.accounts.get(name)
        if known is None and await stores.departures.get(name) is not None:
            raise AccountLeavingError(
                f"What an earlier account {name} left is just being erased; "
                "please try again in a minute."
            )
        limits = await self._limits(stores, level)
        return await self._open(stores, name, limits, now, display_name)

    async def _open(
        self,
        stores: Stores,
        name: str,
        limits: LevelLimits,
        now: datetime,
        display_name: str | None = None,
    ) -> Account:
        life = limits.lifetime_seconds
        expires_at = now + timedelta(seconds=life) if life else None
        account = await stores.accounts.add(name, limits, now, expires_at, display_name)
        if account is None:
            raise AccountExistsError(f"There is an account {name} already; choose another name.")
        return account

    async def _promote(self, stores: Stores, guest: str, now: datetime, why: str) -> Account | None:
        """Make a guest a member who keeps name and work; None where it is no guest (any more).

        The Hub's groups are told by a chore, which sees that `mirrored_level` is another one.
        """
        life = (await self._limits(stores, Level.BASIC)).lifetime_seconds
        expires_at = now + timedelta(seconds=life) if life else None
        if not await stores.accounts.promote(guest, expires_at):
            return None
        old, new = str(int(Level.ANONYMOUS)), str(int(Level.BASIC))
        await stores.changes.add(guest, guest, "level", old, new, why)
        return await self._account(stores, guest)

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


async def begin_departure(
    stores: Stores,
    name: str,
    reason: str,
    still: Callable[[Account], bool] = lambda _account: True,
) -> bool:
    """Mark an account as on its way out; tell whether it was there and was not.

    Parameters
    ----------
    stores
        Of a transaction that has not read the account: it is locked, and read then.
    still
        Given the account as nobody can change it any more: whether it is to go. A guest who
        was seen to be gone may have become a member meanwhile.
    """
    if not await stores.accounts.lock(name):
        return False
    account = await stores.accounts.get(name)
    if account is None or account.state is AccountState.LEAVING or not still(account):
        return False
    await stores.accounts.mark_leaving(name)
    return await stores.departures.add(name, reason, utcnow())


def is_guest_name(name: str) -> bool:
    """Tell whether the guest door gave this name."""
    return GUEST_NAME.fullmatch(name) is not None
