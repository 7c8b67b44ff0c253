"""What machines have, read from where that is known."""

from __future__ import annotations

import logging

from aglais_booking.capacity_sources import (
    CapacitySource,
    HostSource,
    QuotaSource,
    Reading,
    UnreadableError,
)
from aglais_booking.cloud import Cloud
from aglais_booking.managers.base import BookingsManager
from aglais_booking.managers.pools import PoolManager
from aglais_hub.errors import AglaisError
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Pool, PoolSource
from aglais_hub.service import Context

__all__ = ["ReadingManager"]

log = logging.getLogger(__name__)

SOURCES = {PoolSource.HOSTS: HostSource, PoolSource.QUOTA: QuotaSource}


class ReadingManager(BookingsManager):
    """Reads pools; what cannot be read changes nothing, and is said on the pool's page."""

    def __init__(self, context: Context, pools: PoolManager) -> None:
        super().__init__(context)
        self.pools = pools
        name, file = self.config.cloud, self.config.clouds_file
        self.cloud = None if name is None else Cloud(name, file)

    async def read(self) -> None:
        """Read all pools that are read from somewhere."""
        for pool in await self.pools.all():
            if pool.source is not PoolSource.HAND:
                await self._read(pool)

    async def _read(self, pool: Pool) -> None:
        try:
            reading = await self._source(pool).read(pool)
        except AglaisError as problem:
            await self._note(pool, problem.message)
        except Exception:  # whatever a cloud answers that nobody has thought of
            log.exception("pool %s cannot be read", pool.name)
            await self._note(pool, "OpenStack answered something unknown; the log has it.")
        else:
            await self._keep(pool, reading)

    def _source(self, pool: Pool) -> CapacitySource:
        if self.cloud is None:
            raise UnreadableError("No cloud is configured: set AGLAIS_BOOKING_CLOUD.")
        return SOURCES[pool.source](self.cloud)

    async def _keep(self, pool: Pool, reading: Reading) -> None:
        """Keep what was read, unless the pool is read from somewhere else by now."""
        async with self.writing() as stores:
            now = await stores.pools.lock(pool.name)
            if now is None or (now.source, now.aggregate) != (pool.source, pool.aggregate):
                return
            facts = {"reading": reading.words, "read_at": utcnow(), "read_problem": None}
            fresh = now.model_copy(update={"resources": reading.machines, **facts})
            await stores.pools.save(fresh)
            is_new = reading.machines != now.resources
            if is_new:
                await self.pools.count_anew(stores, fresh, "read")
        if is_new:
            before, after = now.resources.model_dump(), reading.machines.model_dump()
            changed = {"pool": pool.name, "change": "read", "before": before, "after": after}
            self.events.publish("pool.changed", **changed, by="booking")

    async def _note(self, pool: Pool, problem: str) -> None:
        async with self.writing() as stores:
            now = await stores.pools.lock(pool.name)
            if now is not None and now.source is pool.source:
                await stores.pools.save(now.model_copy(update={"read_problem": problem[:300]}))
