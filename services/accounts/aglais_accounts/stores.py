"""Queries of the accounts service; they return models."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import AccountRow, Base, ClickRow, DepartureRow, LevelRow
from aglais_hub.models.accounts import Account, AccountState, Departure, Level, LevelLimits

__all__ = ["STEPS", "AccountStore", "ClickStore", "DepartureStore", "LevelStore"]

STEPS = ("session", "admissions", "spaces", "hub-user", "account")
"""What is done when somebody leaves, in this order."""


class LevelStore:
    """What levels give."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def all(self) -> list[LevelLimits]:
        """Return all levels, lowest first."""
        rows = (await self.session.scalars(select(LevelRow).order_by(LevelRow.level))).all()
        return [_limits(row) for row in rows]

    async def get(self, level: int) -> LevelLimits | None:
        """Return a level."""
        row = await self.session.get(LevelRow, level)
        return _limits(row) if row else None

    async def lock(self, level: Level) -> None:
        """Let nobody else count accounts of this level until the transaction ends.

        SQLite has one writer at a time anyway.
        """
        query = select(LevelRow.level).where(LevelRow.level == int(level)).with_for_update()
        await self.session.execute(query)

    async def save(self, limits: LevelLimits) -> None:
        """Change a level."""
        values = limits.model_dump(exclude={"level"})
        await self.session.execute(
            update(LevelRow).where(LevelRow.level == limits.level).values(**values)
        )


class AccountStore:
    """Accounts."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def add(
        self, name: str, level: Level, created_at: datetime, expires_at: datetime | None
    ) -> bool:
        """Keep a new account; tell whether its name was free."""
        values = {
            "name": name,
            "level": int(level),
            "state": AccountState.ACTIVE,
            "created_at": created_at,
            "expires_at": expires_at,
        }
        return await _added(self.session, AccountRow, values)

    async def get(self, name: str) -> Account | None:
        """Return an account."""
        found = await self._select(select(AccountRow, LevelRow).where(AccountRow.name == name))
        return found[0] if found else None

    async def page(self, offset: int, limit: int, name: str | None) -> tuple[list[Account], int]:
        """Return a part of all accounts by name, or of the one named; and how many there are."""
        seen = true() if name is None else AccountRow.name == name
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

    async def count(self, level: Level) -> int:
        """Return how many accounts of a level there are, leaving ones included."""
        query = select(func.count()).select_from(AccountRow).where(AccountRow.level == int(level))
        return int((await self.session.execute(query)).scalar_one())

    async def names(self) -> set[str]:
        """Return the names of all accounts."""
        return set((await self.session.scalars(select(AccountRow.name))).all())

    async def expired(self, now: datetime) -> list[str]:
        """Return those whose time is over and who are not yet leaving."""
        over = (AccountRow.expires_at <= now) & (AccountRow.state == AccountState.ACTIVE)
        return list((await self.session.scalars(select(AccountRow.name).where(over))).all())

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
        return [_account(row, level) for row, level in await self.session.execute(joined)]


class ClickStore:
    """Guests let in during the last minute, by address."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def since(self, address: str, start: datetime) -> list[datetime]:
        """Return when guests came from an address, first one first."""
        query = select(ClickRow.at).where(ClickRow.address == address, ClickRow.at > start)
        return list((await self.session.scalars(query.order_by(ClickRow.at))).all())

    async def add(self, address: str, at: datetime, forget_before: datetime) -> None:
        """Count one more, and forget old ones."""
        await self.session.execute(delete(ClickRow).where(ClickRow.at < forget_before))
        self.session.add(ClickRow(address=address, at=at))
        await self.session.flush()


class DepartureStore:
    """Who is on the way out."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, name: str) -> Departure | None:
        """Return a departure."""
        row = await self.session.get(DepartureRow, name)
        return _departure(row) if row else None

    async def all(self) -> list[Departure]:
        """Return all, first one first."""
        query = select(DepartureRow).order_by(DepartureRow.requested_at)
        return [_departure(row) for row in (await self.session.scalars(query)).all()]

    async def add(self, name: str, reason: str, at: datetime) -> bool:
        """Begin one; tell whether there was none yet."""
        values = {"name": name, "reason": reason, "requested_at": at, "steps_done": 0}
        return await _added(self.session, DepartureRow, values)

    async def advance(self, departure: Departure, step: str) -> bool:
        """Note that a step is done, the departure goes with the last; tell whether it was next.

        It was not where another replica has done it meanwhile.
        """
        number = STEPS.index(step)
        same = (DepartureRow.name == departure.name) & (
            DepartureRow.requested_at == departure.requested_at
        )
        next_one = same & (DepartureRow.steps_done == number)
        is_last = step == STEPS[-1]
        change = (
            delete(DepartureRow).where(next_one)
            if is_last
            else update(DepartureRow).where(next_one).values(steps_done=number + 1)
        )
        return bool((await self.session.execute(change)).rowcount)  # type: ignore[attr-defined]


async def _added(session: AsyncSession, table: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row, unless another replica has just now."""
    try:
        async with session.begin_nested():
            await session.execute(insert(table).values(**values))
    except IntegrityError:
        return False
    return True


def _limits(row: LevelRow) -> LevelLimits:
    return LevelLimits(**{name: getattr(row, name) for name in LevelLimits.model_fields})


def _account(row: AccountRow, level: LevelRow) -> Account:
    return Account(
        name=row.name,
        level=Level(row.level),
        state=AccountState(row.state),
        created_at=row.created_at,
        expires_at=row.expires_at,
        limits=_limits(level),
    )


def _departure(row: DepartureRow) -> Departure:
    return Departure(
        name=row.name,
        reason=row.reason,
        requested_at=row.requested_at,
        remaining=STEPS[row.steps_done :],
    )
