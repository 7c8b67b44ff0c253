"""What operators change about accounts, and the history of that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from aglais_accounts.managers.base import (
    READ,
    WRITE,
    AccountLeavingError,
    AccountsManager,
    Stores,
)
from aglais_hub.errors import Conflict, InvalidRequest
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, AccountEdit, AccountState, Change, Level
from aglais_hub.versions import require_version

__all__ = [
    "EditManager",
    "LevelNotPossibleError",
    "WhyNeededError",
    "check_future",
    "or_none",
    "require_active",
    "text_of",
]

UNBOUNDED = "unbounded"
"""What the history says for a limit that is set to None: no bound, or for ever."""


class LevelNotPossibleError(Conflict):
    """An account of this level cannot get that one."""

    code = "level-not-possible"


class WhyNeededError(InvalidRequest):
    """Something was to be changed for which a reason has to be given."""

    code = "why-needed"


class EditManager(AccountsManager):
    """Decides on changes of accounts, and keeps who made them, when and why."""

    async def edit_account(
        self, actor: Actor, name: str, edit: AccountEdit, version: str | None
    ) -> Account:
        """Change level, name of the person, or end of an account.

        Below level n, nothing is set for single accounts: what was set is dropped.

        Raises
        ------
        WhyNeededError
            The level is to be another one, and no reason is given.
        LevelNotPossibleError
            A member would become a guest, of whom nothing is kept.
        AccountLeavingError
            It is being erased.
        """
        actor.require(WRITE)
        async with self.writing() as stores:
            await stores.accounts.lock(name)
            before = await self._account(stores, name)
            require_version(before, version)
            require_active(before)
            _check_level(before, edit)
            changes = await self._changes(stores, before, edit)
            await self._save(stores, before, changes, actor.name, edit.why)
            account = await self._account(stores, name)
        if changes:
            fields = sorted(changes)
            self.events.publish("account.changed", account=name, by=actor.name, fields=fields)
        return account

    async def _changes(
        self, stores: Stores, before: Account, edit: AccountEdit
    ) -> dict[str, tuple[Any, Any]]:
        """Return what is another value now, old and new, by field."""
        end = edit.expires_at
        if _is_same_moment(end, before.expires_at):
            end = before.expires_at
            if edit.level is not before.level:
                end = await self._usual_end(stores, edit.level)
        elif end is not None:
            check_future(end, "This end of the account is over already. To erase it, let it leave.")
        wanted = {"level": edit.level, "display_name": edit.display_name, "expires_at": end}
        pairs = {field: (getattr(before, field), new) for field, new in wanted.items()}
        return {field: pair for field, pair in pairs.items() if pair[0] != pair[1]}

    async def _usual_end(self, stores: Stores, level: Level) -> datetime | None:
        """Return when an account goes that gets a level now."""
        life = (await self._limits(stores, level)).lifetime_seconds
        return utcnow() + timedelta(seconds=life) if life else None

    async def _save(
        self,
        stores: Stores,
        account: Account,
        changes: dict[str, tuple[Any, Any]],
        by: str,
        why: str | None,
    ) -> None:
        if not changes:
            return
        values = {field: new for field, (_, new) in changes.items()}
        if "expires_at" in values:
            values["warned_at"] = None
        await stores.accounts.change(account.name, **values)
        for field, (old, new) in changes.items():
            await stores.changes.add(account.name, by, field, or_none(old), or_none(new), why)
        if "level" in changes and account.level is Level.CUSTOM:
            await self._drop_overrides(stores, account.name, by, why)

    async def _drop_overrides(self, stores: Stores, name: str, by: str, why: str | None) -> None:
        for field, value in sorted((await stores.overrides.of(name)).items()):
            await stores.overrides.remove(name, field)
            await stores.changes.add(name, by, field, text_of(value), None, why)

    async def changes(
        self, actor: Actor, name: str, offset: int, limit: int
    ) -> tuple[list[Change], int]:
        """Return a part of what was changed about an account, newest first."""
        actor.require(READ, owner=name)
        async with self.reading() as stores:
            await self._account(stores, name)
            return await stores.changes.page(name, offset, limit)


def _check_level(account: Account, edit: AccountEdit) -> None:
    if edit.level is account.level:
        return
    if edit.why is None:
        raise WhyNeededError("Say why the level changes; it is kept in the account's history.")
    if edit.level is Level.ANONYMOUS:
        raise LevelNotPossibleError(
            f"{account.name} cannot become a guest: all that guests have is erased when their "
            "session ends. To erase the account, let it leave."
        )


def _is_same_moment(one: datetime | None, other: datetime | None) -> bool:
    """Compare as forms do, which say seconds."""
    if one is None or other is None:
        return one is other
    return one.replace(microsecond=0) == other.replace(microsecond=0)


def check_future(end: datetime | None, message: str) -> None:
    """Refuse to set an end that is over.

    Raises
    ------
    InvalidRequest
        With this message.
    """
    if end is not None and end <= utcnow():
        raise InvalidRequest(message)


def require_active(account: Account) -> None:
    """Refuse to change an account that is being erased.

    Raises
    ------
    AccountLeavingError
        It is.
    """
    if account.state is AccountState.LEAVING:
        raise AccountLeavingError(f"{account.name} is being erased and cannot be changed.")


def text_of(value: Any) -> str:
    """Return a value as the history keeps it."""
    if value is None:
        return UNBOUNDED
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, list | tuple):
        return ", ".join(value) or "none"
    return str(int(value) if isinstance(value, Level) else value)


def or_none(value: Any) -> str | None:
    """Return a value as the history keeps it, where None means that there is none."""
    return None if value is None else text_of(value)
