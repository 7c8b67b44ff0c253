"""Pools, and what they are given for a time, in memory."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aglais_hub.client.mock.service import Asked, MockService, answers, refused
from aglais_hub.errors import Conflict, InvalidRequest, NotFound
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.availability import Granularity
from aglais_hub.models.booking import Pool, PoolEdit, PoolRequest, PoolUsage, Resources
from aglais_hub.models.bookings import Booking
from aglais_hub.models.capacities import (
    Approval,
    Capacity,
    CapacityEdit,
    CapacityEffect,
    CapacityRequest,
    CapacitySource,
    ResourceRequestForm,
    Timeline,
    TimelineSlot,
)

__all__ = ["MockCapacities", "check_amounts", "check_times"]

READ_POOLS, WRITE_POOLS = scope("read", "pools"), scope("write", "pools")
READ_BOOKINGS = scope("read", "bookings")

HOUR = timedelta(hours=1)
HOURS = {Granularity.HOUR: 1, Granularity.DAY: 24, Granularity.WEEK: 168}
EMBEDDED = "embedded"


class MockCapacities(MockService):
    """Pools and allocations; what is booked in the first pool is not seen in its timeline."""

    pool: Pool
    _usage: Callable[[], PoolUsage]

    def __init__(self) -> None:
        super().__init__()
        self.more_pools: dict[str, Pool] = {}
        """Besides the one that this machine is."""
        self.given: dict[str, Capacity] = {}

    def pool_of(self, name: str) -> Pool:
        """Return a pool."""
        found = {EMBEDDED: self.pool, **self.more_pools}.get(name)
        if found is None:
            raise NotFound(f"There is no pool {name}.")
        return found

    @answers("GET", "pools", READ_POOLS)
    def pools(self, _asked: Asked) -> list[Pool]:
        """List pools."""
        return [self.pool, *self.more_pools.values()]

    @answers("GET", "pools/{name}", READ_POOLS)
    def one_pool(self, _asked: Asked, name: str) -> Pool:
        """Return a pool."""
        return self.pool_of(name)

    @answers("POST", "pools", WRITE_POOLS, status=201)
    def create_pool(self, asked: Asked) -> Pool:
        """Make a pool."""
        pool = Pool(**dict(asked.body(PoolRequest)))
        asked.actor.require(WRITE_POOLS)
        if pool.name == EMBEDDED or pool.name in self.more_pools:
            raise refused(Conflict, "pool-exists", f"There is a pool {pool.name} already.")
        self.more_pools[pool.name] = pool
        return pool

    @answers("POST", "pools/{name}", WRITE_POOLS)
    def edit_pool(self, asked: Asked, name: str) -> Pool:
        """Change a pool."""
        edit = asked.body(PoolEdit)
        asked.actor.require(WRITE_POOLS)
        pool = self.pool_of(name).model_copy(update=dict(edit))
        if name == EMBEDDED:
            self.pool = pool
        else:
            self.more_pools[name] = pool
        return pool

    @answers("DELETE", "pools/{name}", WRITE_POOLS, status=204)
    def delete_pool(self, asked: Asked, name: str) -> None:
        """Delete a pool."""
        asked.actor.require(WRITE_POOLS)
        self.pool_of(name)
        if name == EMBEDDED:
            raise refused(Conflict, "embedded-pool", "The pool embedded is this machine.")
        if any(one.pool == name for one in self.given.values()):
            raise refused(Conflict, "pool-in-use", f"Pool {name} has allocations.")
        del self.more_pools[name]

    @answers("GET", "pools/{name}/usage", READ_POOLS)
    def pool_usage(self, _asked: Asked, name: str) -> PoolUsage:
        """Return what of a pool is in use."""
        pool = self.pool_of(name)
        if name == EMBEDDED:
            return self._usage()
        room = pool.promisable
        nothing = Resources(cores=0, memory_bytes=0, disk_bytes=0)
        facts = {"physical": Resources(**dict(pool.resources)), "promisable": room}
        return PoolUsage(pool=name, sessions=0, promised=nothing, free=room, **facts)

    @answers("GET", "pools/{name}/timeline", READ_POOLS)
    def pool_timeline(self, asked: Asked, name: str) -> Timeline:
        """Return what a pool has over time."""
        pool, hours = self.pool_of(name), HOURS[Granularity(asked.query.get("by", "day"))]
        start = _moment(asked.query.get("from")) or _first(hours)
        end = _moment(asked.query.get("to")) or start + timedelta(days=28)
        if end <= start:
            raise refused(InvalidRequest, "end-before-start", "The end must be after the start.")
        starts = [start]
        while starts[-1] + hours * HOUR < end:
            starts.append(starts[-1] + hours * HOUR)
        slots = [self._slot(pool, one, min(one + hours * HOUR, end)) for one in starts]
        return Timeline(pool=name, hours=hours, slots=tuple(slots))

    def _slot(self, pool: Pool, start: datetime, end: datetime) -> TimelineSlot:
        hours = [self._physical(pool, start + n * HOUR) for n in range((end - start) // HOUR)]
        cores = min(one.cores for one in hours)
        memory, disk = (
            min(getattr(one, name) for one in hours) if pool.resources.disk_bytes is not None
            or name != "disk_bytes" else None
            for name in ("memory_bytes", "disk_bytes")
        )  # fmt: skip
        gpus = min(one.gpus for one in hours)
        physical = Resources(cores=cores, memory_bytes=memory, disk_bytes=disk, gpus=gpus)
        promisable = physical.model_copy(update={"cores": cores * pool.core_overcommit})
        bookable = _share(promisable, 100 - pool.kept_percent)
        return TimelineSlot(
            starts_at=start,
            ends_at=end,
            physical=physical,
            promisable=promisable,
            bookable=bookable,
            reserved=Resources(cores=0, memory_bytes=0, disk_bytes=0),
            available=bookable,
            is_over_capacity=False,
        )

    def _physical(self, pool: Pool, hour: datetime) -> Resources:
        total = dict(pool.resources)
        for one in sorted(self.given.values(), key=lambda one: one.effect):
            starts, ends = one.starts_at, one.ends_at or hour + 2 * HOUR
            adds = one.effect is CapacityEffect.ADDS
            if adds:
                is_on = starts <= hour and hour + HOUR <= ends
            else:
                is_on = starts < hour + HOUR and hour < ends
            if one.pool == pool.name and is_on:
                for name, value in total.items():
                    more = getattr(one, name) * (1 if adds else -1)
                    total[name] = None if value is None else max(0, value + more)
        return Resources(**total)

    @answers("GET", "pools/{name}/overbooked", READ_BOOKINGS)
    def overbooked(self, asked: Asked, name: str) -> list[Booking]:
        """List what is over capacity; nothing ever is here."""
        asked.actor.require(READ_BOOKINGS)
        self.pool_of(name)
        return []

    @answers("GET", "capacities", READ_POOLS)
    def capacities(self, asked: Asked) -> list[Capacity]:
        """List allocations by their start."""
        pools = asked.query.get_list("pool")
        found = [one for one in self.given.values() if not pools or one.pool in pools]
        return sorted(found, key=lambda one: (one.starts_at, one.id))

    @answers("GET", "capacities/{identifier}", READ_POOLS)
    def capacity(self, _asked: Asked, identifier: str) -> Capacity:
        """Return an allocation."""
        return self._one(identifier)

    def _one(self, identifier: str) -> Capacity:
        if identifier not in self.given:
            raise NotFound(f"There is no allocation {identifier}.")
        return self.given[identifier]

    @answers("POST", "capacities", WRITE_POOLS, status=201)
    def create_capacity(self, asked: Asked) -> Capacity:
        """Make an allocation."""
        request = asked.body(CapacityRequest)
        asked.actor.require(WRITE_POOLS)
        return self.allocate(request, CapacitySource.HAND)

    def allocate(self, request: CapacityRequest, source: CapacitySource) -> Capacity:
        """Keep an allocation."""
        check_amounts(request)
        check_times(request.starts_at, request.ends_at)
        self.pool_of(request.pool)
        capacity = Capacity(id=secrets.token_hex(16), source=source, **dict(request))
        self.given[capacity.id] = capacity
        return capacity

    @answers("POST", "capacities/{identifier}", WRITE_POOLS)
    def edit_capacity(self, asked: Asked, identifier: str) -> Capacity:
        """Change an allocation."""
        edit = asked.body(CapacityEdit)
        asked.actor.require(WRITE_POOLS)
        check_amounts(edit)
        check_times(edit.starts_at, edit.ends_at)
        capacity = self._one(identifier).model_copy(update=dict(edit))
        self.given[identifier] = capacity
        return capacity

    @answers("DELETE", "capacities/{identifier}", WRITE_POOLS, status=204)
    def delete_capacity(self, asked: Asked, identifier: str) -> None:
        """Take an allocation back."""
        asked.actor.require(WRITE_POOLS)
        self._one(identifier)
        del self.given[identifier]


def check_amounts(given: CapacityEdit | Approval | ResourceRequestForm) -> None:
    """Refuse an allocation, or a request, of nothing."""
    if not any((given.cores, given.memory_bytes, given.disk_bytes, given.gpus)):
        raise refused(InvalidRequest, "nothing-asked", "Say how much.")


def check_times(starts_at: datetime, ends_at: datetime | None) -> None:
    """Refuse a time that would end before it begins."""
    if ends_at is not None and ends_at <= starts_at:
        raise refused(InvalidRequest, "end-before-start", "The end must be after the start.")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _first(hours: int) -> datetime:
    now = utcnow().replace(minute=0, second=0, microsecond=0)
    return now.replace(hour=0) if hours > 1 else now


def _share(of: Resources, percent: int) -> Resources:
    return Resources(
        cores=int(of.cores * 1000) * percent // 100 / 1000,
        memory_bytes=of.memory_bytes * percent // 100,
        disk_bytes=None if of.disk_bytes is None else of.disk_bytes * percent // 100,
        gpus=of.gpus * percent // 100,
    )
