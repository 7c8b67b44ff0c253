"""Pools: URLs of the API, and pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aglais_booking.handlers.base import BookingApi, moment_of
from aglais_booking.handlers.pictures import bars_of, charts_of
from aglais_booking.managers import Managers
from aglais_booking.managers.base import READ_BOOKINGS, READ_POOLS, WRITE_POOLS
from aglais_hub.errors import InvalidRequest
from aglais_hub.models import Model
from aglais_hub.models.availability import Granularity
from aglais_hub.models.booking import Pool, PoolEdit, PoolRequest, PoolUsage
from aglais_hub.models.bookings import Booking
from aglais_hub.models.capacities import Timeline
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.actions import ActionPage, CreatorPage
from aglais_hub.web.api import BaseHandler
from aglais_hub.web.pages import CollectionPage, EditorPage, ThingPage

__all__ = ["ROUTES"]


class Pools(BookingApi):
    """All pools."""

    @operation(Operation("List pools", READ_POOLS, returns=Pool, many=True))
    async def get(self) -> Sequence[Model]:
        """List them."""
        return self.listed(*self.part(await self.manager.pools.all()))

    @operation(Operation("Make a pool", WRITE_POOLS, PoolRequest, returns=Pool, status=201))
    async def post(self, request: PoolRequest) -> Pool:
        """Make one."""
        pool = await self.manager.pools.create(self.actor, request)
        self.created("pools", pool.name)
        return pool


class OnePool(BookingApi):
    """A pool."""

    @operation(Operation("Return a pool", READ_POOLS, returns=Pool))
    async def get(self, name: str) -> Pool:
        """Return it."""
        return await self.manager.pools.get(name)

    @operation(Operation("Change a pool", WRITE_POOLS, PoolEdit, returns=Pool))
    async def post(self, request: PoolEdit, name: str) -> Pool:
        """Change it."""
        return await self.manager.pools.edit(self.actor, name, request, self.if_match)

    @operation(Operation("Delete a pool to which nothing refers", WRITE_POOLS, status=204))
    async def delete(self, name: str) -> None:
        """Delete it."""
        await self.manager.pools.delete(self.actor, name, self.if_match)


class Usage(BookingApi):
    """What of a pool is in use."""

    @operation(Operation("Return what of a pool is in use", READ_POOLS, returns=PoolUsage))
    async def get(self, name: str) -> PoolUsage:
        """Return it."""
        return await self.manager.pools.usage(name)


class PoolTimeline(BookingApi):
    """A pool over time."""

    @operation(
        Operation(
            "Return what a pool has over time, and what of it is booked",
            READ_POOLS,
            returns=Timeline,
            query=("from", "to", "by"),
        )
    )
    async def get(self, name: str) -> Timeline:
        """Return it."""
        start, end = moment_of(self, "from"), moment_of(self, "to")
        return await self.manager.pools.timeline(name, start, end, _granularity(self))


def _granularity(handler: BaseHandler) -> Granularity:
    words = ", ".join(Granularity)
    try:
        return Granularity(handler.get_query_argument("by", Granularity.DAY))
    except ValueError:
        raise InvalidRequest(f"by is one of {words}.") from None


class Overbooked(BookingApi):
    """What is booked over a pool's capacity."""

    @operation(
        Operation(
            "List the bookings that a pool has become too small for",
            READ_BOOKINGS,
            returns=Booking,
            many=True,
        )
    )
    async def get(self, name: str) -> Sequence[Model]:
        """List them."""
        return self.listed(*self.part(await self.manager.pools.overbooked(self.actor, name)))


class PoolsPage(CollectionPage):
    """All pools."""

    manager: Managers
    title, plural, create_scope = "Pools", "pools", WRITE_POOLS
    columns = ("name", "resources", "core_overcommit", "kept_percent", "site", "hardware")

    async def things(self) -> tuple[Sequence[Pool], int]:
        """Return them."""
        return self.part(await self.manager.pools.all())


class PoolCreator(CreatorPage):
    """The form that makes a pool."""

    manager: Managers
    title, model, create_scope, acts_once = "New pool", PoolRequest, WRITE_POOLS, True

    async def create(self, request: PoolRequest) -> str:
        """Make it."""
        return (await self.manager.pools.create(self.actor, request)).name


class PoolPage(ThingPage):
    """A pool: how full it is now and will be, and what it is given."""

    manager: Managers
    title, edit_scope, act_scope = "Pool", WRITE_POOLS, WRITE_POOLS
    template, actions = "own/pool.html", (("Delete", "delete"),)

    async def thing(self, name: str) -> Pool:  # type: ignore[override]
        """Return it."""
        return await self.manager.pools.get(name)

    async def besides(self, name: str) -> dict[str, Any]:  # type: ignore[override]
        """Return what it has and had, and what of that is in use or booked."""
        pools, usage = self.manager.pools, await self.manager.pools.usage(name)
        by_hours = await pools.timeline(name, None, None, Granularity.HOUR)
        by_days = await pools.timeline(name, None, None, Granularity.DAY)
        may_see = self.actor.holds(READ_BOOKINGS)
        return {
            "usage": usage,
            "bars": bars_of(usage),
            "charts": charts_of(by_hours),
            "days": by_days.slots,
            "capacities": await self.manager.capacities.all([name]),
            "overbooked": await pools.overbooked(self.actor, name) if may_see else (),
            "may_write": self.actor.holds(WRITE_POOLS),
        }


class PoolEditor(EditorPage):
    """The form that edits a pool."""

    manager: Managers
    title, model, edit_scope = "Edit pool", PoolEdit, WRITE_POOLS

    async def thing(self, name: str) -> Pool:  # type: ignore[override]
        """Return it."""
        return await self.manager.pools.get(name)

    async def save(self, edit: PoolEdit, version: str | None, name: str) -> Pool:  # type: ignore[override]
        """Save it."""
        return await self.manager.pools.edit(self.actor, name, edit, version)


class PoolDelete(ActionPage):
    """The question before a pool is deleted."""

    manager: Managers
    title, verb, act_scope = "Delete pool", "Delete", WRITE_POOLS
    question = "Only a pool that has no bookings, allocations and sessions can be deleted."

    async def act(self, name: str) -> None:  # type: ignore[override]
        """Delete it."""
        await self.manager.pools.delete(self.actor, name, None)


ROUTES = (
    Route("api/pools", Pools),
    Route("api/pools/{name}", OnePool),
    Route("api/pools/{name}/usage", Usage),
    Route("api/pools/{name}/timeline", PoolTimeline),
    Route("api/pools/{name}/overbooked", Overbooked),
    Route("pools", PoolsPage),
    Route("pools/new", PoolCreator),
    Route("pools/{name}", PoolPage),
    Route("pools/{name}/edit", PoolEditor),
    Route("pools/{name}/delete", PoolDelete),
)
