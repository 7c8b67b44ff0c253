"""Which pools there are, and what can be booked of them when."""

from __future__ import annotations

from datetime import timedelta

from aglais_booking.amounts import bookable_stretches, end_hour, first_hour
from aglais_booking.managers.base import EMBEDDED, WRITE_POOLS, BookingsManager, Stores
from aglais_booking.rules.packages import usage_of
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Machines, Pool, PoolEdit, PoolUsage
from aglais_hub.versions import require_version

__all__ = ["PoolManager"]


class PoolManager(BookingsManager):
    """Decides on pools."""

    async def all(self) -> list[Pool]:
        """Return all pools; no secret."""
        await self.ensure()
        async with self.reading() as stores:
            return await stores.pools.all()

    async def get(self, name: str) -> Pool:
        """Return a pool; no secret."""
        await self.ensure()
        async with self.reading() as stores:
            return self._known(await stores.pools.get(name), name)

    async def usage(self, name: str) -> PoolUsage:
        """Return what of a pool is in use; no secret."""
        pool = await self.get(name)
        async with self.reading() as stores:
            return usage_of(pool, *await stores.admissions.promised(name))

    async def edit(self, actor: Actor, name: str, edit: PoolEdit, version: str | None) -> Pool:
        """Change a pool; it may shrink below what is in use, which only lets nobody else in."""
        actor.require(WRITE_POOLS)
        await self.ensure()
        async with self.writing() as stores:
            before = self._known(await stores.pools.lock(name), name)
            require_version(before, version)
            pool = Pool(name=name, cluster=before.cluster, **dict(edit))
            await stores.pools.save(pool)
            await self.count_anew(stores, pool)
        self.events.publish("pool.changed", pool=name, by=actor.name)
        return pool

    async def ensure(self) -> None:
        """Make the pool of this machine if there is none yet."""
        async with self.reading() as stores:
            if await stores.pools.get(EMBEDDED) is not None:
                return
        resources = Machines(
            cores=self.config.embedded_cores, memory_bytes=self.config.embedded_memory_bytes
        )
        overcommit = self.config.embedded_core_overcommit
        pool = Pool(
            name=EMBEDDED, resources=resources, core_overcommit=overcommit, cluster=EMBEDDED
        )
        async with self.writing() as stores:
            if await stores.pools.add(pool):
                await self.count_anew(stores, pool)

    async def count_anew(self, stores: Stores, pool: Pool) -> None:
        """Say for each hour up to the horizon what of a pool can be booked.

        Parameters
        ----------
        stores
            Of a transaction that has locked the pool.
        """
        now = utcnow()
        first = first_hour(now)
        end = end_hour(now + timedelta(days=self.config.horizon_days))
        capacities = await stores.capacities.all([pool.name])
        known = await stores.hours.known(pool.name)
        stretches = bookable_stretches(pool, capacities, first, max(end, known[1] if known else 0))
        await stores.hours.fill(pool.name, stretches)
        for stretch in stretches if known else ():
            await stores.hours.set_bookable(pool.name, stretch)
