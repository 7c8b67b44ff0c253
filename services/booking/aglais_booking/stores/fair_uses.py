"""Queries on fair use."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import FairUseRow
from aglais_hub.models.accounts import Level
from aglais_hub.models.fair_use import FairUse

__all__ = ["FairUseStore"]


class FairUseStore:
    """How much the levels may book; there is one for each, from the first migration on."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def all(self) -> list[FairUse]:
        """Return that of all levels."""
        rows = await self.session.scalars(select(FairUseRow).order_by(FairUseRow.level))
        return [_fair_use(row) for row in rows]

    async def get(self, level: Level) -> FairUse:
        """Return that of a level."""
        query = select(FairUseRow).where(FairUseRow.level == int(level))
        fresh = query.execution_options(populate_existing=True)
        return _fair_use((await self.session.scalars(fresh)).one())

    async def lock(self, level: Level) -> FairUse:
        """Return that of a level, and let nobody else change it until the transaction ends."""
        query = select(FairUseRow).where(FairUseRow.level == int(level)).with_for_update()
        fresh = query.execution_options(populate_existing=True)
        return _fair_use((await self.session.scalars(fresh)).one())

    async def save(self, fair_use: FairUse) -> None:
        """Change that of a level."""
        values = fair_use.model_dump(exclude={"level"})
        same = update(FairUseRow).where(FairUseRow.level == int(fair_use.level))
        await self.session.execute(same.values(**values))


def _fair_use(row: FairUseRow) -> FairUse:
    return FairUse(**{name: getattr(row, name) for name in FairUse.model_fields})
