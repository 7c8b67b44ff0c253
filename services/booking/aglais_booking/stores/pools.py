"""Queries on pools."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import AdmissionRow, BookingRow, CapacityRow, PoolRow
from aglais_booking.stores.columns import joined, split
from aglais_hub.database import inserted
from aglais_hub.models.booking import Machines, Pool, PoolSource

__all__ = ["PoolStore"]


REFERRING: dict[str, Any] = {
    "booking": BookingRow,
    "allocation": CapacityRow,
    "session": AdmissionRow,
}
"""What keeps a pool from being deleted, as people call it."""


class PoolStore:
    """Pools."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def all(self) -> list[Pool]:
        """Return all pools by name."""
        rows = (await self.session.scalars(select(PoolRow).order_by(PoolRow.name))).all()
        return [_pool(row) for row in rows]

    async def get(self, name: str) -> Pool | None:
        """Return a pool."""
        row = await self.session.get(PoolRow, name, populate_existing=True)
        return _pool(row) if row else None

    async def lock(self, name: str) -> Pool | None:
        """Return a pool, and let nobody else count in it until the transaction ends.

        Rows that refer to it are not kept waiting. SQLite has one writer at a time anyway.
        """
        query = select(PoolRow).where(PoolRow.name == name).with_for_update(key_share=True)
        fresh = query.execution_options(populate_existing=True)
        row = (await self.session.scalars(fresh)).one_or_none()
        return _pool(row) if row else None

    async def add(self, pool: Pool) -> bool:
        """Keep a new pool; tell whether its name was free."""
        return await inserted(self.session, PoolRow, _pool_columns(pool))

    async def save(self, pool: Pool) -> None:
        """Change a pool."""
        change = update(PoolRow).where(PoolRow.name == pool.name)
        await self.session.execute(change.values(**_pool_columns(pool)))

    async def remove(self, name: str) -> None:
        """Forget a pool to which nothing refers."""
        await self.session.execute(delete(PoolRow).where(PoolRow.name == name))

    async def referring(self, name: str) -> dict[str, int]:
        """Return how many bookings, allocations and sessions refer to a pool."""
        counts = {}
        for what, row in REFERRING.items():
            query = select(func.count()).select_from(row).where(row.pool == name)
            counts[what] = int((await self.session.execute(query)).scalar_one())
        return counts


def _pool(row: PoolRow) -> Pool:
    return Pool(
        name=row.name,
        resources=Machines(
            cores=row.cores,
            memory_bytes=row.memory_bytes,
            disk_bytes=row.disk_bytes,
            gpus=row.gpus,
        ),
        core_overcommit=row.core_overcommit,
        kept_percent=row.kept_percent,
        site=row.site,
        hardware=split(row.hardware),
        cluster=row.cluster,
        source=PoolSource(row.source),
        aggregate=row.aggregate,
        reading=row.reading,
        read_at=row.read_at,
        read_problem=row.read_problem,
    )


def _pool_columns(pool: Pool) -> dict[str, Any]:
    hardware = joined(pool.hardware)
    own = pool.model_dump(exclude={"resources", "hardware"})
    return own | dict(pool.resources) | {"hardware": hardware}
