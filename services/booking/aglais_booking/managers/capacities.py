"""What pools are given, and what is taken away from them, for a time."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from aglais_booking.managers.base import WRITE_POOLS, BookingsManager, Stores
from aglais_booking.managers.pools import PoolManager
from aglais_booking.rules.pools import check_amounts, check_times
from aglais_hub.errors import NotFound
from aglais_hub.identity import Actor
from aglais_hub.models.capacities import Capacity, CapacityEdit, CapacityRequest, CapacitySource
from aglais_hub.service import Context
from aglais_hub.versions import require_version

__all__ = ["CapacityManager"]


class CapacityManager(BookingsManager):
    """Decides on allocations; the hours of their pool are counted anew in the same transaction."""

    def __init__(self, context: Context, pools: PoolManager) -> None:
        super().__init__(context)
        self.pools = pools

    async def all(self, pools: Collection[str] = ()) -> list[Capacity]:
        """Return all allocations, or those of some pools, by their start; no secret."""
        async with self.reading() as stores:
            return await stores.capacities.all(pools or None)

    async def get(self, identifier: str) -> Capacity:
        """Return an allocation; no secret."""
        async with self.reading() as stores:
            return await self._one(stores, identifier)

    async def create(self, actor: Actor, request: CapacityRequest) -> Capacity:
        """Give a pool resources, or take some away, for a time.

        Raises
        ------
        EmptyCapacityError, EndBeforeStartError
            It would change nothing.
        """
        actor.require(WRITE_POOLS)
        await self.pools.ensure()
        async with self.writing() as stores:
            capacity = await self.allocate(stores, request, CapacitySource.HAND)
        self._tell(actor, capacity, "made")
        return capacity

    async def allocate(
        self, stores: Stores, request: CapacityRequest, source: CapacitySource
    ) -> Capacity:
        """Keep an allocation, in the transaction of who decided on it."""
        _check(request)
        pool = self._known(await stores.pools.lock(request.pool), request.pool)
        capacity = Capacity(id=secrets.token_hex(16), source=source, **dict(request))
        await stores.capacities.add(capacity)
        await self.pools.count_anew(stores, pool, capacity.id)
        return capacity

    async def edit(
        self, actor: Actor, identifier: str, edit: CapacityEdit, version: str | None
    ) -> Capacity:
        """Change an allocation; what is booked stays booked.

        Raises
        ------
        EmptyCapacityError, EndBeforeStartError
            It would change nothing.
        """
        actor.require(WRITE_POOLS)
        _check(edit)
        async with self.writing() as stores:
            seen = await self._one(stores, identifier)
            pool = self._known(await stores.pools.lock(seen.pool), seen.pool)
            before = await self._one(stores, identifier)
            require_version(before, version)
            capacity = before.model_copy(update=dict(edit))
            await stores.capacities.save(capacity)
            await self.pools.count_anew(stores, pool, capacity.id)
        self._tell(actor, capacity, "edited")
        return capacity

    async def delete(self, actor: Actor, identifier: str, version: str | None) -> None:
        """Take an allocation back; what is booked stays booked."""
        actor.require(WRITE_POOLS)
        async with self.writing() as stores:
            seen = await self._one(stores, identifier)
            pool = self._known(await stores.pools.lock(seen.pool), seen.pool)
            capacity = await self._one(stores, identifier)
            require_version(capacity, version)
            await stores.capacities.remove(identifier)
            await self.pools.count_anew(stores, pool, capacity.id)
        self._tell(actor, capacity, "deleted")

    async def _one(self, stores: Stores, identifier: str) -> Capacity:
        capacity = await stores.capacities.get(identifier)
        if capacity is None:
            raise NotFound(f"There is no allocation {identifier}.")
        return capacity

    def _tell(self, actor: Actor, capacity: Capacity, change: str) -> None:
        facts = {"capacity": capacity.id, "pool": capacity.pool, "change": change}
        self.events.publish("capacity.changed", **facts, by=actor.name)


def _check(edit: CapacityEdit) -> None:
    check_amounts(edit)
    check_times(edit.starts_at, edit.ends_at)
