"""Queries on accounts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Select, delete, func, select, true, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.ends import end_of
from aglais_accounts.schema import AccountRow, DepartureRow, LevelRow, SignupRow
from aglais_accounts.stores.levels import limits_of
from aglais_accounts.stores.overrides import OverrideStore
from aglais_hub.database import inserted
from aglais_hub.models.accounts import Account, AccountState, Level, LevelLimits

__all__ = ["AccountStore"]


class AccountStore:
    """Accounts."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def add(
        self,
        name: str,
        limits: LevelLimits,
        created_at: datetime,
        expires_at: datetime | None,
        display_name: str | None = None,
    ) -> Account | None:
        """Keep a new account of a level; return it, None if its name was not free."""
        values = {
            "name": name,
            "level": int(limits.level),
            "state": AccountState.ACTIVE,
            "created_at": created_at,
            "expires_at": expires_at,
            "display_name": display_name,
            # Whoever logs it in puts its Hub user into the level's group.
            "mirrored_level": int(limits.level),
        }
        is_new = await inserted(self.session, AccountRow, values)
        return _account(AccountRow(**values), limits) if is_new else None

    async def get(self, name: str) -> Account | None:
        """Return an account."""
        found = await self._select(select(AccountRow, LevelRow).where(AccountRow.name == name))
        return found[0] if found else None

    async def page(
        self, offset: int, limit: int, names: Collection[str] | None
    ) -> tuple[list[Account], int]:
        """Return a part of all accounts by name, or of those named; and how many there are."""
        seen = true() if names is None else AccountRow.name.in_(names)
        count = select(func.count()).select_from(AccountRow).where(seen)
        total = (await self.session.execute(count)).scalar_one()
        part = select(AccountRow, LevelRow).where(seen).order_by(AccountRow.name)
        return await self._select(part.offset(offset).limit(limit)), total

    async def of_level(self, level: Level) -> list[Account]:
        """Return all accounts of a level that are not leaving."""
        return await self._select(
            select(AccountRow, LevelRow).where(
                AccountRow.level == int(level), AccountRow.state == AccountState.ACTIVE
            )
        )

    async def names(self) -> set[str]:
        """Return the names of all accounts."""
        return set((await self.session.scalars(select(AccountRow.name))).all())

    async def levels(self) -> dict[str, Level]:
        """Return the levels of all accounts, by name."""
        rows = await self.session.execute(select(AccountRow.name, AccountRow.level))
        return {name: Level(level) for name, level in rows}

    async def change(self, name: str, **values: Any) -> None:
        """Change columns of an account."""
        await self.session.execute(
            update(AccountRow).where(AccountRow.name == name).values(**values)
        )

    async def unmirrored(self) -> dict[str, Level]:
        """Return accounts whose level the Hub's groups were not told yet."""
        stale = AccountRow.mirrored_level.is_distinct_from(AccountRow.level)
        rows = await self.session.execute(select(AccountRow.name, AccountRow.level).where(stale))
        return {name: Level(level) for name, level in rows}

    async def mark_mirrored(self, name: str, level: Level) -> None:
        """Note which level the Hub's groups were told."""
        await self.change(name, mirrored_level=int(level))

    async def taken(self, names: Collection[str], now: datetime) -> set[str]:
        """Return those of some names that nobody can have now.

        An account has it, or what is left of one; or it is kept for who confirms an address.
        """
        query: CompoundSelect[str | None] = union(
            select(AccountRow.name).where(AccountRow.name.in_(names)),
            select(DepartureRow.name).where(DepartureRow.name.in_(names)),
            select(SignupRow.name).where(SignupRow.name.in_(names), SignupRow.expires_at > now),
        )
        return {name for name in await self.session.scalars(query) if name is not None}

    async def named(self, names: Collection[str]) -> list[Account]:
        """Return those of these names that there are."""
        return await self._select(select(AccountRow, LevelRow).where(AccountRow.name.in_(names)))

    async def lock(self, name: str) -> bool:
        """Let nobody else decide on an account until the transaction ends; tell if it is there.

        SQLite has one writer at a time anyway.
        """
        query = select(AccountRow.name).where(AccountRow.name == name).with_for_update()
        return (await self.session.scalars(query)).one_or_none() is not None

    async def promote(self, name: str, expires_at: datetime | None) -> bool:
        """Make a guest who is not leaving a member; tell whether it was one."""
        a_guest = (
            (AccountRow.name == name)
            & (AccountRow.level == int(Level.ANONYMOUS))
            & (AccountRow.state == AccountState.ACTIVE)
        )
        change = update(AccountRow).where(a_guest)
        values = {"level": int(Level.BASIC), "expires_at": expires_at, "warned_at": None}
        done = await self.session.execute(change.values(**values))
        return bool(done.rowcount)  # type: ignore[attr-defined]

    async def call(self, name: str, display_name: str) -> None:
        """Say what the person is called."""
        change = update(AccountRow).where(AccountRow.name == name)
        await self.session.execute(change.values(display_name=display_name))

    async def mark_leaving(self, name: str) -> None:
        """Say that an account is on its way out."""
        await self.session.execute(
            update(AccountRow).where(AccountRow.name == name).values(state=AccountState.LEAVING)
        )

    async def remove(self, name: str) -> None:
        """Forget an account."""
        await self.session.execute(delete(AccountRow).where(AccountRow.name == name))

    async def _select(self, query: Select[AccountRow, LevelRow]) -> list[Account]:
        joined = query.join(LevelRow, LevelRow.level == AccountRow.level)
        rows = (await self.session.execute(joined)).all()
        custom = [row.name for row, _ in rows if row.level == Level.CUSTOM]
        overrides = await OverrideStore(self.session).of_all(custom)
        return [_account(row, limits_of(level, overrides.get(row.name))) for row, level in rows]


def _account(row: AccountRow, limits: LevelLimits) -> Account:
    account = Account(
        name=row.name,
        level=Level(row.level),
        state=AccountState(row.state),
        display_name=row.display_name,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_seen_at=row.last_seen_at,
        limits=limits,
    )
    end = end_of(account)
    return account.model_copy(update={"leaves_at": end.at}) if end else account
