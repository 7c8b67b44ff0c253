"""What of the packages is available when, as whoever asks may book it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from aglais_booking.amounts import Amount, cost_of
from aglais_booking.managers.base import (
    READ_BOOKINGS,
    BookingsManager,
    Stores,
)
from aglais_booking.managers.pools import PoolManager
from aglais_booking.rules.grid import Asked, Grid, Hours, Mine
from aglais_booking.rules.skyline import Whole, fits, occupied
from aglais_hub.calendar import Days, days_between, named_days, slots_of, zone_named
from aglais_hub.errors import NotFound
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Level
from aglais_hub.models.availability import Availability, AvailabilityRequest
from aglais_hub.models.booking import Package, Pool, Resources
from aglais_hub.service import Context
from aglais_hub.web.show import size

__all__ = ["AvailabilityManager"]

CUSTOM = "custom"
KINDS = len(Amount().parts)
USUAL_PERIOD = "this-week"


class AvailabilityManager(BookingsManager):
    """Says what is available: physical less reserved."""

    def __init__(self, context: Context, pools: PoolManager) -> None:
        super().__init__(context)
        self.pools = pools
        self._has_pools = False

    async def show(self, actor: Actor, request: AvailabilityRequest) -> Availability:
        """Return the calendar of packages by time; no secret, but whose bookings are marked.

        A booking lies in one pool, so what counts is the pool in which most of it fit.

        Raises
        ------
        UnknownPackageError, UnknownZoneError, UnknownPeriodError, EndBeforeStartError
            It says something that there is not.
        PeriodTooLongError
            It asks for too much at once.
        """
        account = request.account or (actor.name if actor.kind == "user" else None)
        if request.account is not None and request.account != actor.name:
            actor.require(READ_BOOKINGS, owner=request.account)
        if not self._has_pools:  # once in a process: the first pool never goes
            await self.pools.ensure()
            self._has_pools = True
        now, zone = utcnow(), zone_named(request.zone)
        days = _days(request, now.astimezone(zone).date())
        by = request.by or days.usual
        slots = slots_of(days, by, zone)
        async with self.reading() as stores:
            asked = await self._asked(stores, request)
            grid = Grid(slots, now, _level(actor) if request.account is None else None)
            await self._mark(stores, account, request, grid)
            if grid.open:
                await self._count(stores, actor, request, asked, grid)
        return Availability(
            zone=request.zone,
            by=by,
            starts_at=slots[0].starts_at,
            ends_at=slots[-1].ends_at,
            slots=tuple(slots),
            rows=tuple(grid.row(number, one) for number, one in enumerate(asked)),
        )

    async def _mark(
        self, stores: Stores, account: str | None, request: AvailabilityRequest, grid: Grid
    ) -> None:
        """Find out what is the account's own, and how far ahead its level may book."""
        if account is not None:
            times = (grid.slots[0].starts_at, grid.slots[-1].ends_at)
            found = await stores.availability.spans_of(account, *times)
            grid.mine = [Mine(*row) for row in found if row[0] != request.without]
        if grid.level is not None:
            grid.furthest_seconds = await stores.availability.furthest_seconds(grid.level)

    async def _asked(self, stores: Stores, request: AvailabilityRequest) -> list[Asked]:
        """Return the rows, the largest first; a size of one's own comes last, as in the seed."""
        packages = await stores.packages.all()
        own = _own_size(request, packages)
        if request.package:
            known = {package.name for package in packages}
            for name in request.package:
                if name not in known:
                    await self._package(stores, name)
            packages = [one for one in packages if one.name in request.package]
        elif own is not None:
            return [own]
        packages.sort(key=lambda one: (one.is_custom, -one.total_cores, -one.total_memory_bytes))
        rows = [Asked(one.name, one.title, one.limits.total, one) for one in packages]
        if own is not None:
            rows = [*(row for row in rows if row.name != own.name), own]
        return rows

    async def _count(
        self,
        stores: Stores,
        actor: Actor,
        request: AvailabilityRequest,
        asked: Sequence[Asked],
        grid: Grid,
    ) -> None:
        hours = Hours.of(grid.open, grid.now)
        pools = [pool for pool in await stores.pools.all() if _suits(pool, request)]
        names = [pool.name for pool in pools]
        found = await stores.availability.free(names, hours.all.start, hours.all.stop)
        free = {pool: _array(rows, hours.all) for pool, rows in found.items()}
        # Where nothing suits, nothing will open either.
        last = (row[0] + 1 for rows in found.values() for row in rows)
        grid.horizon = max(last, default=0) if pools else hours.all.stop
        if request.without is not None:
            await self._set_free(stores, actor, request.without, free, hours.all)
        for pool in pools if asked else ():
            costs = [cost_of(one.needs, request.sharing, pool).parts for one in asked]
            counts = fits(free[pool.name], np.array(costs, np.int64), hours.first, hours.end)
            grid.counts = counts if grid.counts is None else np.maximum(grid.counts, counts)

    async def _set_free(
        self, stores: Stores, actor: Actor, identifier: str, free: dict[str, Whole], hours: range
    ) -> None:
        """Add what a booking holds to what is free, as if it were not there."""
        booking = await stores.bookings.get(identifier)
        if booking is None or not actor.holds(READ_BOOKINGS, owner=booking.account):
            raise NotFound(f"There is no booking {identifier}, or it is not yours.")
        if booking.pool not in free:
            return
        held = np.array(
            [row for _, row in await stores.availability.held(identifier)], np.int64
        ).reshape(-1, KINDS + 2)
        taken = occupied(held[:, 0], held[:, 1], held[:, 2:], hours)
        rows = await stores.availability.excess(booking.pool, hours.start, hours.stop)
        # What a pool has lost since is not free again when somebody gives it back.
        free[booking.pool] += taken - np.minimum(taken, _array(rows, hours))


def _days(request: AvailabilityRequest, today: date) -> Days:
    if request.first or request.last:
        return days_between(request.first, request.last, today)
    return named_days(request.period or USUAL_PERIOD, today)


def _level(actor: Actor) -> Level | None:
    return next((level for level in reversed(Level) if level.group in actor.groups), None)


def _own_size(request: AvailabilityRequest, packages: Sequence[Package]) -> Asked | None:
    """Return the size that somebody chose: a row of the package whose size is chosen."""
    if request.cores is None or request.memory_bytes is None:
        return None
    package = next((one for one in packages if one.is_custom), None)
    needs = Resources(
        cores=request.cores,
        memory_bytes=request.memory_bytes,
        disk_bytes=0,
        gpus=request.gpus,
    )
    words = f"{needs.cores:.4g} cores and {size(needs.memory_bytes)}"
    gpus = f", {needs.gpus} GPUs" if needs.gpus else ""
    return Asked(package.name if package else CUSTOM, words + gpus, needs, package)


def _suits(pool: Pool, request: AvailabilityRequest) -> bool:
    """Tell whether a pool is where, and has what, somebody wants."""
    return request.site in {None, pool.site} and set(request.hardware) <= set(pool.hardware)


def _array(rows: Sequence[Sequence[int]], hours: range) -> Whole:
    """Return rows of hours as an array of all hours; what is not known is nothing."""
    array = np.zeros((len(hours), KINDS), np.int64)
    if rows:
        given = np.array(rows, np.int64)
        array[given[:, 0] - hours.start] = given[:, 1:]
    return array
