"""How much of a pool is free, and for whom."""

from __future__ import annotations

from datetime import datetime, timedelta

from aglais_booking.amounts import Amount, bookable_stretches, cost_of, end_hour, first_hour
from aglais_booking.managers.base import BookingsManager, Stores
from aglais_booking.rules.places import Room, held_at, most_held
from aglais_hub.models.booking import Package, Pool, Sharing

__all__ = ["RoomManager"]

AHEAD = timedelta(days=14)
"""How far ahead is looked for a time at which a package could be booked."""


class RoomManager(BookingsManager):
    """Measures pools."""

    @property
    def notice(self) -> timedelta:
        """How long before a booking its place is freed."""
        return timedelta(seconds=self.config.spare_notice_seconds)

    async def room(self, stores: Stores, pool: Pool, now: datetime) -> Room:
        """Return how much of a pool is free now, and for whom.

        Parameters
        ----------
        stores
            Of a transaction that has locked the pool, if anything is decided by it.
        """
        total, kept = await self.whole(stores, pool, now)
        held = await stores.spans.held(pool.name, now, now + self.notice)
        taken = await stores.admissions.taken(pool, now)
        return Room(
            total=total,
            kept=kept,
            held=held_at(held, now),
            held_soon=most_held(held, now),
            **taken,
        )

    async def whole(self, stores: Stores, pool: Pool, now: datetime) -> tuple[Amount, Amount]:
        """Return all that a pool can promise until the notice is over, and its kept part."""
        hours = first_hour(now), end_hour(now + self.notice + timedelta(seconds=1))
        capacities = await stores.capacities.all([pool.name])
        whole = pool.model_copy(update={"kept_percent": 0})
        stretches = bookable_stretches(whole, capacities, *hours)
        total = stretches[0].amount
        for stretch in stretches:
            total = total.least(stretch.amount)
        return total, total.plus(total.share(100 - pool.kept_percent), -1)

    async def next_end(self, stores: Stores, pool: Pool, now: datetime) -> datetime | None:
        """Return when the next session or booking of a pool ends, as far as is known."""
        session = await stores.admissions.next_end(pool.name, now)
        held = await stores.spans.held(pool.name, now, now + self.notice)
        ends = (span.ends_at for span in held if span.starts_at <= now)
        return min((end for end in (session, *ends) if end is not None), default=None)

    async def next_bookable(
        self, stores: Stores, package: Package, now: datetime
    ) -> datetime | None:
        """Return the first hour at which a package could be booked; None: none is near."""
        first, end = first_hour(now), end_hour(now + AHEAD)
        found: list[int] = []
        for pool in await stores.pools.all():
            if pool.cluster is None:
                continue
            cost = cost_of(package.limits.total, Sharing.MANAGED, pool)
            free = await stores.hours.free(pool.name, first, end)
            fitting = (hour for hour, *parts in free if cost.fits(Amount(*parts)))
            found += [hour for hour in (next(fitting, None),) if hour is not None]
        if not found:
            return None
        return max(now, datetime.fromtimestamp(min(found) * 3600, tz=now.tzinfo))
