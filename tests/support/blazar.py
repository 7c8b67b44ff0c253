"""Bookings to be backed by leases, and a Blazar in memory that can be told what to do wrong."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy import update

from aglais_booking.amounts import cost_of, end_hour, first_hour
from aglais_booking.blazar import (
    BlazarAwayError,
    Lease,
    LeaseRefusedError,
    Reservations,
    WantedLease,
)
from aglais_booking.managers import Managers
from aglais_booking.schema import SpanRow
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Limits, Machines, Pool, Sharing, UnitLimits
from aglais_hub.models.bookings import Booking, BookingState, Span, SpanState

GIB = 2**30
PROJECT = "our-project"


@dataclass
class BlazarInMemory(Reservations):
    """Leases of so many hosts."""

    hosts: int = 3
    is_there: bool = True
    kept: dict[str, Lease] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    deaf_after: int = 0
    """So many requests are done without an answer."""
    busy_with: set[str] = field(default_factory=set)
    """Leases that cannot be deleted now."""
    asked: list[str] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    async def is_offered(self) -> bool:
        return self.is_there

    async def project(self) -> str:
        return PROJECT

    async def sees_all(self) -> bool:
        return True

    async def leases(self) -> list[Lease]:
        self.asked.append("list")
        return list(self.kept.values())

    async def create(self, wanted: WantedLease) -> Lease:
        self.asked.append("create")
        self._need_room("", wanted.starts_at, wanted.ends_at, wanted.units)
        lease = Lease(
            f"lease-{next(self._numbers)}", wanted.name, PROJECT,
            wanted.starts_at, wanted.ends_at, "PENDING", utcnow(),
        )  # fmt: skip
        self.kept[lease.id] = lease
        self.sizes[lease.id] = wanted.units
        self._answer()
        return lease

    def _need_room(self, but: str, starts_at: datetime, ends_at: datetime, units: int) -> None:
        taken = sum(
            self.sizes[one.id]
            for one in self.kept.values()
            if one.id != but and one.starts_at < ends_at and starts_at < one.ends_at
        )
        if taken + units > self.hosts:
            raise LeaseRefusedError("Not enough hosts available")

    def _answer(self) -> None:
        if self.deaf_after:
            self.deaf_after -= 1
            raise BlazarAwayError("Blazar did not answer in time.")

    async def change(self, lease: str, starts_at: datetime | None, ends_at: datetime) -> None:
        self.asked.append("change")
        one = self.kept[lease]
        start = starts_at or one.starts_at
        self._need_room(lease, start, ends_at, self.sizes[lease])
        self.kept[lease] = replace(one, starts_at=start, ends_at=ends_at)
        self._answer()

    async def delete(self, lease: str) -> None:
        self.asked.append("delete")
        if lease in self.busy_with:
            raise BlazarAwayError("Invalid lease status.")
        self.kept.pop(lease, None)
        self._answer()

    async def flavor_size(self, flavor: str) -> tuple[float, int]:
        return 2.0, 8 * GIB


async def make_pool(manager: Managers, name: str = "cloud", site: str = "test") -> Pool:
    """Make a pool of three hosts at the cloud's site, all of which can be booked."""
    pool = Pool(
        name=name, site=site, core_overcommit=1, kept_percent=0,
        resources=Machines(cores=192, memory_bytes=768 * GIB, disk_bytes=None, gpus=0),
    )  # fmt: skip
    async with manager.writing() as stores:
        await stores.pools.add(pool)
        await manager.pools.count_anew(stores, pool)
    return pool


def in_hours(hours: float) -> datetime:
    """Return a whole minute so many hours from now."""
    return (datetime.now(UTC) + timedelta(hours=hours)).replace(second=0, microsecond=0)


async def book(
    manager: Managers,
    starts_at: datetime,
    ends_at: datetime,
    *,
    cores: float = 60,
    sharing: Sharing = Sharing.RESERVED,
    pool: str = "cloud",
    account: str = "alice",
) -> Booking:
    """Keep a booking of one span, and what it holds, as the manager of bookings does."""
    state = SpanState.ACTIVE if starts_at <= utcnow() else SpanState.BOOKED
    span = Span(id=secrets.token_hex(16), starts_at=starts_at, ends_at=ends_at, state=state)
    unit = UnitLimits(cores=cores / 2, memory_bytes=64 * GIB)
    booking = Booking(
        id=secrets.token_hex(16), account=account, name="a week of runs", package="large",
        sharing=sharing, environment=None, pool=pool, site=None, hardware=(), zone="UTC",
        limits=Limits(frontend=unit, worker=unit, worker_count=1, disk_bytes=GIB),
        state=BookingState(state), starts_at=starts_at, ends_at=ends_at, spans=(span,),
        recurrence=None, created_at=utcnow(), sequence=0,
    )  # fmt: skip
    async with manager.writing() as stores:
        await stores.bookings.add(booking)
        where = await stores.pools.get(pool)
        assert where is not None
        hours = first_hour(max(starts_at, utcnow())), end_hour(ends_at)
        amount = cost_of(booking.limits.total, sharing, where)
        assert await stores.hours.take(span.id, pool, *hours, amount)
    return booking


async def retime(manager: Managers, booking: Booking, **changes: object) -> None:
    """Change a booking's span, as the manager of spans does."""
    one = update(SpanRow).where(SpanRow.id == booking.spans[0].id)
    async with manager.writing() as stores:
        await stores.session.execute(one.values(**changes))
