"""Which pools there are, and what can be booked of them when."""

from __future__ import annotations

from datetime import datetime, timedelta

from aglais_booking.amounts import bookable_stretches, end_hour, first_hour
from aglais_booking.managers.base import (
    EMBEDDED,
    READ_BOOKINGS,
    WRITE_POOLS,
    BookingsManager,
    Stores,
)
from aglais_booking.refusals import PoolExistsError
from aglais_booking.rules.packages import usage_of
from aglais_booking.rules.pools import check_delete, check_edit
from aglais_booking.rules.timelines import HOURS, hours_between, slots_of
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.availability import Granularity
from aglais_hub.models.booking import Machines, Pool, PoolEdit, PoolRequest, PoolUsage
from aglais_hub.models.bookings import Booking
from aglais_hub.models.capacities import Timeline
from aglais_hub.versions import require_version

__all__ = ["PoolManager"]

KEPT_HOURS = 35 * 24
"""How long hours that are over can still be looked at."""


class PoolManager(BookingsManager):
    """Decides on pools."""

    _is_made = False

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

    async def timeline(
        self, name: str, start: datetime | None, end: datetime | None, by: Granularity
    ) -> Timeline:
        """Return what a pool has over time, and what of it is booked; no secret.

        Raises
        ------
        EndBeforeStartError, TooManySlotsError
            There is no such time, or it is too long for one answer.
        """
        pool, hours = await self.get(name), HOURS[by]
        first, stop = hours_between(start, end, hours, utcnow())
        async with self.reading() as stores:
            slots = await stores.timelines.slots(name, first, stop, hours)
            capacities = await stores.capacities.all([name])
        return Timeline(
            pool=name, hours=hours, slots=slots_of(pool, capacities, slots, hours, stop)
        )

    async def overbooked(self, actor: Actor, name: str) -> list[Booking]:
        """Return the bookings of a pool that are over its capacity, the latest made first."""
        actor.require(READ_BOOKINGS)
        await self.get(name)
        async with self.reading() as stores:
            over = await stores.timelines.over(name, first_hour(utcnow()))
            bookings = await stores.bookings.named(over)
        return [one.model_copy(update={"is_over_capacity": True}) for one in bookings]

    async def create(self, actor: Actor, request: PoolRequest) -> Pool:
        """Make a pool.

        Raises
        ------
        PoolExistsError
            The name is taken.
        """
        actor.require(WRITE_POOLS)
        await self.ensure()
        pool = Pool(**dict(request))
        async with self.writing() as stores:
            if not await stores.pools.add(pool):
                raise PoolExistsError(f"There is a pool {pool.name} already; edit it.")
            await self.count_anew(stores, pool)
        self.events.publish("pool.changed", pool=pool.name, by=actor.name, change="made")
        return pool

    async def edit(self, actor: Actor, name: str, edit: PoolEdit, version: str | None) -> Pool:
        """Change a pool; it may shrink below what is in use or booked, which stays.

        Raises
        ------
        MachinesAreReadError
            What its machines have is read from OpenStack.
        """
        actor.require(WRITE_POOLS)
        await self.ensure()
        async with self.writing() as stores:
            before = self._known(await stores.pools.lock(name), name)
            require_version(before, version)
            check_edit(before, edit)
            pool = before.model_copy(update=dict(edit))
            await stores.pools.save(pool)
            await self.count_anew(stores, pool)
        self.events.publish("pool.changed", pool=name, by=actor.name, change="edited")
        return pool

    async def delete(self, actor: Actor, name: str, version: str | None) -> None:
        """Delete a pool to which nothing refers.

        Raises
        ------
        EmbeddedPoolError, PoolInUseError
            It says what refers to it.
        """
        actor.require(WRITE_POOLS)
        async with self.writing() as stores:
            require_version(self._known(await stores.pools.lock(name), name), version)
            check_delete(name, await stores.pools.referring(name))
            await stores.hours.forget_pool(name)
            await stores.pools.remove(name)
        self.events.publish("pool.changed", pool=name, by=actor.name, change="deleted")

    async def ensure(self) -> None:
        """Make the pool of this machine if there is none yet; one that was seen is there."""
        if self._is_made:
            return
        async with self.reading() as stores:
            is_seen = await stores.pools.get(EMBEDDED) is not None
        if is_seen:
            # Within a transaction it may be one that this transaction made, and may yet undo.
            self._is_made = not self.context.database.in_transaction
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

    async def count_anew(self, stores: Stores, pool: Pool, cause: str = "edit") -> list[str]:
        """Say for each hour up to the horizon what of a pool can be booked.

        Nothing that is booked is dropped: where there is too little for it now, its owner is told.

        Parameters
        ----------
        stores
            Of a transaction that has locked the pool.
        cause
            What made it so, such as the id of an allocation.

        Returns
        -------
            Bookings that are over capacity now, and were not before.
        """
        first, end = self._open_hours()
        capacities = await stores.capacities.all([pool.name])
        known = await stores.hours.known(pool.name)
        stretches = bookable_stretches(pool, capacities, first, max(end, known[1] if known else 0))
        await stores.hours.fill(pool.name, stretches)
        if not known:
            return []
        before = set(await stores.timelines.over(pool.name, first))
        for stretch in stretches:
            await stores.hours.set_bookable(pool.name, stretch)
        after = await stores.timelines.over(pool.name, first)
        over = [one for one in after if one not in before]
        for booking in await stores.bookings.named(over):
            # Each time that it comes to that again it is told again.
            await self._notify_over_capacity(stores, booking, f"{cause}:{utcnow():%Y%m%dT%H%M%S}")
        return over

    async def open_hours(self) -> None:
        """Open the hours up to the horizon, and forget those that are long over."""
        await self.ensure()
        first, end = self._open_hours()
        for pool in await self.all():
            async with self.writing() as stores:
                known = await stores.hours.known(pool.name)
                if known and known[1] >= end:
                    continue
                now = self._known(await stores.pools.lock(pool.name), pool.name)
                since = known[1] if known else first
                capacities = await stores.capacities.all([pool.name])
                await stores.hours.fill(
                    pool.name, bookable_stretches(now, capacities, max(since, first), end)
                )
        async with self.writing() as stores:
            await stores.hours.forget(first - KEPT_HOURS)

    def _open_hours(self) -> tuple[int, int]:
        now = utcnow()
        return first_hour(now), end_hour(now + timedelta(days=self.config.horizon_days))
