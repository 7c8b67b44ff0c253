"""Queries on levels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import AccountRow, LevelRow
from aglais_hub.models.accounts import Level, LevelLimits

__all__ = ["LevelStore", "limits_of"]


class LevelStore:
    """What levels give."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def all(self) -> list[LevelLimits]:
        """Return all levels, lowest first."""
        rows = (await self.session.scalars(select(LevelRow).order_by(LevelRow.level))).all()
        return [limits_of(row) for row in rows]

    async def get(self, level: int) -> LevelLimits | None:
        """Return a level."""
        row = await self.session.get(LevelRow, level)
        return limits_of(row) if row else None

    async def taken(self, level: Level) -> tuple[LevelLimits, int]:
        """Return a level, and how many accounts of it there are, leaving ones included."""
        count = select(func.count()).where(AccountRow.level == int(level)).scalar_subquery()
        query = select(LevelRow, count).where(LevelRow.level == int(level))
        row, number = (await self.session.execute(query)).one()
        return limits_of(row), number

    async def lock(self, level: Level) -> None:
        """Let nobody else count accounts of this level until the transaction ends.

        SQLite has one writer at a time anyway.
        """
        if self.session.get_bind().dialect.name == "sqlite":
            return
        query = select(LevelRow.level).where(LevelRow.level == int(level)).with_for_update()
        await self.session.execute(query)

    async def save(self, limits: LevelLimits) -> None:
        """Change a level."""
        values = limits.model_dump(exclude={"level"})
        await self.session.execute(
            update(LevelRow).where(LevelRow.level == limits.level).values(**values)
        )


def limits_of(row: LevelRow, overrides: Mapping[str, Any] | None = None) -> LevelLimits:
    """Return what a level gives, or what holds for an account of it that has overrides."""
    given = {name: getattr(row, name) for name in LevelLimits.model_fields}
    return LevelLimits(**given | dict(overrides or {}))
