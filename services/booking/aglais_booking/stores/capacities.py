"""Queries on capacity allocations."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import CapacityRow
from aglais_hub.models.capacities import Capacity

__all__ = ["CapacityStore"]


class CapacityStore:
    """Allocations of resources to pools."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def all(self, pools: Collection[str] | None = None) -> list[Capacity]:
        """Return all, or those of some pools, by their start."""
        query = select(CapacityRow).order_by(CapacityRow.starts_at, CapacityRow.id)
        if pools is not None:
            query = query.where(CapacityRow.pool.in_(pools))
        return [_capacity(row) for row in await self.session.scalars(query)]

    async def get(self, identifier: str) -> Capacity | None:
        """Return one."""
        row = await self.session.get(CapacityRow, identifier, populate_existing=True)
        return _capacity(row) if row else None

    async def add(self, capacity: Capacity) -> None:
        """Keep a new one."""
        await self.session.execute(insert(CapacityRow).values(**capacity.model_dump()))

    async def save(self, capacity: Capacity) -> None:
        """Change one."""
        same = update(CapacityRow).where(CapacityRow.id == capacity.id)
        await self.session.execute(same.values(**capacity.model_dump()))

    async def remove(self, identifier: str) -> bool:
        """Forget one; tell whether it was there."""
        done = await self.session.execute(delete(CapacityRow).where(CapacityRow.id == identifier))
        return bool(done.rowcount)  # type: ignore[attr-defined]


def _capacity(row: CapacityRow) -> Capacity:
    return Capacity(**{name: getattr(row, name) for name in Capacity.model_fields})
