"""What holds for one account, and what is set for it alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from aglais_accounts.managers.base import READ, WRITE, AccountsManager, Stores
from aglais_accounts.managers.edits import check_future, or_none, require_active, text_of
from aglais_accounts.managers.packages import check_packages
from aglais_hub.errors import AglaisError, Conflict
from aglais_hub.identity import Actor
from aglais_hub.models.accounts import Account, Level
from aglais_hub.models.limits import AccountLimits, Override, Overrides, OverridesEdit
from aglais_hub.models.storage import SpaceKind
from aglais_hub.versions import require_version

__all__ = ["LevelTooLowError", "LimitManager"]

USAGE_SECONDS = 3
"""How long a page waits for other services to say what is in use."""

USED_BY = {
    SpaceKind.TEMP: ("temp_bytes", "temp_files"),
    SpaceKind.USER: ("user_bytes", "user_files"),
    SpaceKind.NOTEBOOKS: ("notebook_bytes", None),
}
"""Limits that a space uses up: its bytes, and its files."""


class LevelTooLowError(Conflict):
    """The account's level is one on which nothing is set for single accounts."""

    code = "level-too-low"


class LimitManager(AccountsManager):
    """Decides on the limits of single accounts."""

    async def limits(self, actor: Actor, name: str) -> AccountLimits:
        """Return what holds for an account, and where it comes from."""
        actor.require(READ, owner=name)
        async with self.reading() as stores:
            return await self._limits_of(stores, await self._account(stores, name))

    async def _limits_of(self, stores: Stores, account: Account) -> AccountLimits:
        is_custom = account.level is Level.CUSTOM
        values = await stores.overrides.of(account.name) if is_custom else {}
        last = await stores.changes.latest(account.name, values) if values else {}
        return AccountLimits(
            account=account.name,
            level=account.level,
            limits=account.limits,
            of_level=await self._limits(stores, account.level),
            overrides=tuple(
                Override(
                    field=field,
                    value=values[field],
                    by=last[field].by,
                    at=last[field].at,
                    why=last[field].why or "",
                )
                for field in Overrides.model_fields
                if field in values
            ),
        )

    async def edit_limits(
        self, actor: Actor, name: str, edit: OverridesEdit, version: str | None
    ) -> AccountLimits:
        """Set limits for one account of level n; what is not given is as the level gives it.

        Raises
        ------
        LevelTooLowError
            The account has another level.
        UnknownPackageError
            There is no such package.
        """
        actor.require(WRITE)
        await check_packages(self.context.clients.booking, edit.given)
        async with self.writing() as stores:
            await stores.accounts.lock(name)
            account = await self._account(stores, name)
            _require_custom(account)
            require_version(await self._limits_of(stores, account), version)
            changed = await self._set(stores, account, edit, actor.name)
            await self._follow_lifetime(stores, account, actor.name, edit.why)
            limits = await self._limits_of(stores, await self._account(stores, name))
        if changed:
            self.events.publish("account.changed", account=name, by=actor.name, fields=changed)
        return limits

    async def _set(
        self, stores: Stores, account: Account, edit: OverridesEdit, by: str
    ) -> list[str]:
        """Set and drop overrides, and record each that is another one now; return those."""
        before, after = await stores.overrides.of(account.name), _plain(edit.given)
        changed = [
            field
            for field in Overrides.model_fields
            if (field in before, before.get(field)) != (field in after, after.get(field))
        ]
        for field in changed:
            if field in after:
                await stores.overrides.put(account.name, field, after[field])
            else:
                await stores.overrides.remove(account.name, field)
            old = text_of(before[field]) if field in before else None
            new = text_of(after[field]) if field in after else None
            await stores.changes.add(account.name, by, field, old, new, edit.why)
        return changed

    async def _follow_lifetime(self, stores: Stores, before: Account, by: str, why: str) -> None:
        """Move the account's end to where another lifetime puts it."""
        life = (await self._account(stores, before.name)).limits.lifetime_seconds
        if life == before.limits.lifetime_seconds:
            return
        end = before.created_at + timedelta(seconds=life) if life else None
        check_future(end, "This lifetime of the account is over already; give it a longer one.")
        await stores.accounts.change(before.name, expires_at=end, warned_at=None)
        old, new = or_none(before.expires_at), or_none(end)
        await stores.changes.add(before.name, by, "expires_at", old, new, why)

    async def usage(self, actor: Actor, name: str) -> dict[str, int]:
        """Return what an account uses of its limits, as far as other services say so now."""
        actor.require(READ, owner=name)
        try:
            async with asyncio.timeout(USAGE_SECONDS):
                return dict(await self._used(name))
        except (AglaisError, TimeoutError):
            return {}

    async def _used(self, name: str) -> Iterable[tuple[str, int]]:
        clients = self.context.clients
        spaces, admissions = await asyncio.gather(
            clients.storage.spaces(name), clients.booking.admissions(name)
        )
        found = [("session_count", len(admissions))]
        for space in spaces:
            if space.usage is None:
                continue
            size, files = USED_BY[space.kind]
            found.append((size, space.usage.bytes))
            found += [(files, space.usage.files)] if files else []
        return found


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values as JSON brings them back."""
    return {name: list(one) if isinstance(one, tuple) else one for name, one in values.items()}


def _require_custom(account: Account) -> None:
    require_active(account)
    if account.level is not Level.CUSTOM:
        raise LevelTooLowError(
            f"Limits are set for single accounts on level n only; {account.name} has level "
            f"{account.level.word}. Raise its level to n first, or change what the level gives."
        )
