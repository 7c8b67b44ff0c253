"""What others may lease at Blazar: its external enforcement asks here before it makes a lease."""

from __future__ import annotations

from collections.abc import Sequence

from aglais_booking.amounts import end_hour, first_hour
from aglais_booking.managers.base import WRITE_LEASES, BookingsManager, Stores
from aglais_booking.managers.leases import LeaseManager
from aglais_booking.managers.pools import PoolManager
from aglais_booking.refusals import LeaseNotAllowedError
from aglais_booking.rules.leases import (
    all_there,
    bookable_part,
    check_fair_use,
    foreign_id,
    units_of,
    whole_minutes,
)
from aglais_booking.stores.leases import BackedSpan
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import Machines, Pool
from aglais_hub.models.capacities import Capacity, CapacityEffect, CapacitySource
from aglais_hub.models.leases import (
    LeaseChange,
    LeaseCheck,
    LeaseContext,
    LeaseReservation,
    LeaseValues,
)
from aglais_hub.service import Context

__all__ = ["LeaseCheckManager"]

MIB = 2**20


class LeaseCheckManager(BookingsManager):
    """Lets somebody lease what nobody has booked, within fair use, and books no more of it.

    A lease that is let through takes its machines away from the pool for its time; where the
    pool would then have less than is booked, it is refused. All other answers than yes and no
    are a no for Blazar.
    """

    def __init__(self, context: Context, pools: PoolManager, leases: LeaseManager) -> None:
        super().__init__(context)
        self.pools = pools
        self.leases = leases

    async def create(self, actor: Actor, check: LeaseCheck) -> None:
        """Let a lease be made.

        Raises
        ------
        LeaseNotAllowedError
            It may not; the sentence goes to who wanted it.
        """
        actor.require(WRITE_LEASES)
        if await self._is_ours(check):
            return
        await self._check_fair_use(check.context, check.lease)
        machines = await self._machines(check.lease.reservations)
        async with self.writing() as stores:
            await self._take(stores, check.context, check.lease, machines)

    async def change(self, actor: Actor, change: LeaseChange) -> None:
        """Let a lease be changed.

        Raises
        ------
        LeaseNotAllowedError
            It may not; it stays as it is.
        """
        actor.require(WRITE_LEASES)
        before = change.current_lease
        # Blazar says of the new one only what changes.
        named = {"name": change.lease.name or before.name, "id": before.id}
        after = change.lease.model_copy(update=named)
        if await self._is_ours(change.model_copy(update={"lease": after})):
            return
        await self._check_fair_use(change.context, after)
        machines = await self._machines(after.reservations or before.reservations)
        async with self.writing() as stores:
            await self._give_back(stores, change.context, before)
            await self._take(stores, change.context, after, machines)

    async def end(self, actor: Actor, check: LeaseCheck) -> None:
        """Note that a lease has ended: what it took can be booked again."""
        actor.require(WRITE_LEASES)
        async with self.writing() as stores:
            await self._give_back(stores, check.context, check.lease)
        facts = {"lease": check.lease.id or "", "project": check.context.project_id}
        self.events.publish("lease.over", **facts)

    async def _is_ours(self, check: LeaseCheck) -> bool:
        """Tell whether it is the lease of a span, as we want it; that is counted already."""
        blazar = self.leases.reservations
        async with self.reading() as stores:
            backed = await stores.leases.span(check.lease.name)
        if blazar is None or backed is None or not backed.lease.is_wanted:
            return False
        is_within = _within(check.lease, backed) and self._hosts(check) <= self._units(backed)
        return is_within and check.context.project_id == await blazar.project()

    def _hosts(self, check: LeaseCheck) -> int:
        return sum(one.amount or len(one.allocations) for one in check.lease.reservations)

    def _units(self, backed: BackedSpan) -> int:
        return units_of(backed.needs, self.leases.unit)

    async def _check_fair_use(self, context: LeaseContext, lease: LeaseValues) -> None:
        accounts = self.config.blazar_accounts
        account = accounts.get(context.user_id) or accounts.get(context.project_id)
        level = Level.BASIC
        if account is not None:
            level = (await self.context.clients.accounts.account(account)).level
        async with self.reading() as stores:
            fair_use = await stores.fair_uses.get(level)
        who = account or "Who is not known to the platform"
        check_fair_use(fair_use, who, lease.start_date, lease.end_date, utcnow())

    async def _machines(self, reservations: Sequence[LeaseReservation]) -> Machines:
        """Return what reservations take away from a pool."""
        cores, memory = 0.0, 0
        for one in reservations:
            each, many = await self._size(one)
            cores += each[0] * many
            memory += each[1] * many
        return Machines(cores=cores, memory_bytes=memory)

    async def _size(self, one: LeaseReservation) -> tuple[tuple[float, int], int]:
        if one.resource_type == "flavor:instance" and one.flavor_id and self.leases.reservations:
            size = await self.leases.reservations.flavor_size(one.flavor_id)
            return size, one.amount or 1
        if one.vcpus is not None and one.memory_mb is not None:
            return (one.vcpus, one.memory_mb * MIB), one.amount or 1
        hosts = one.allocations
        cores = sum(float(host.get("vcpus") or 0) for host in hosts)
        return (cores, sum(int(host.get("memory_mb") or 0) for host in hosts) * MIB), 1

    async def _take(
        self, stores: Stores, context: LeaseContext, lease: LeaseValues, machines: Machines
    ) -> None:
        """Take a lease's machines away from the first pool of the site that can do without."""
        if machines.cores == 0 and machines.memory_bytes == 0:
            return
        for pool in await self._pools(stores):
            if await self._taken(stores, pool, context, lease, machines):
                return
        raise LeaseNotAllowedError(
            f"The machines that the lease {lease.name} needs from {lease.start_date:%d %B %H:%M} "
            f"to {lease.end_date:%d %B %H:%M} UTC are booked by others on the platform. Lease "
            "fewer, or at another time; the platform's calendar says what is free."
        )

    async def _pools(self, stores: Stores) -> list[Pool]:
        return [pool for pool in await stores.pools.all() if pool.site == self.config.site]

    async def _taken(
        self,
        stores: Stores,
        pool: Pool,
        context: LeaseContext,
        lease: LeaseValues,
        machines: Machines,
    ) -> bool:
        hours = first_hour(lease.start_date), end_hour(lease.end_date)
        async with stores.session.begin_nested() as attempt:
            await stores.pools.lock(pool.name)
            before = await stores.hours.free(pool.name, *hours)
            await stores.capacities.add(_away(pool, context, lease, machines))
            await self.pools.count_anew(stores, pool)
            after = await stores.hours.free(pool.name, *hours)
            if all_there(before, after, bookable_part(machines, pool)):
                return True
            await attempt.rollback()
        return False

    async def _give_back(self, stores: Stores, context: LeaseContext, lease: LeaseValues) -> None:
        identifier = foreign_id(context.project_id, lease.name, lease.start_date)
        capacity = await stores.capacities.get(identifier)
        if capacity is None:
            return
        pool = self._known(await stores.pools.lock(capacity.pool), capacity.pool)
        await stores.capacities.remove(identifier)
        await self.pools.count_anew(stores, pool)


def _away(pool: Pool, context: LeaseContext, lease: LeaseValues, machines: Machines) -> Capacity:
    return Capacity(
        id=foreign_id(context.project_id, lease.name, lease.start_date),
        source=CapacitySource.BLAZAR,
        pool=pool.name,
        title=f"Lease {lease.name}"[:80],
        effect=CapacityEffect.REMOVES,
        cores=machines.cores,
        memory_bytes=machines.memory_bytes,
        starts_at=lease.start_date,
        ends_at=lease.end_date,
    )


def _within(lease: LeaseValues, backed: BackedSpan) -> bool:
    first, last = whole_minutes(backed.starts_at, backed.ends_at)
    return first <= lease.start_date and lease.end_date <= last
