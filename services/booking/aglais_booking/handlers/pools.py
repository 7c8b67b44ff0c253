"""Pools: URLs of the API, and pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aglais_booking.handlers.base import BookingApi
from aglais_booking.managers import Managers
from aglais_booking.managers.base import READ_POOLS, WRITE_POOLS
from aglais_hub.models import Model
from aglais_hub.models.booking import Pool, PoolEdit, PoolUsage
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.pages import CollectionPage, EditorPage, ThingPage
from aglais_hub.web.show import size

__all__ = ["ROUTES"]


class Pools(BookingApi):
    """All pools."""

    @operation(Operation("List pools", READ_POOLS, returns=Pool, many=True))
    async def get(self) -> Sequence[Model]:
        """List them."""
        return self.listed(*self.part(await self.manager.pools.all()))


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


class Usage(BookingApi):
    """What of a pool is in use."""

    @operation(Operation("Return what of a pool is in use", READ_POOLS, returns=PoolUsage))
    async def get(self, name: str) -> PoolUsage:
        """Return it."""
        return await self.manager.pools.usage(name)


class PoolsPage(CollectionPage):
    """All pools."""

    manager: Managers
    title, plural = "Pools", "pools"
    columns = ("name", "resources", "core_overcommit")

    async def things(self) -> tuple[Sequence[Pool], int]:
        """Return them."""
        return self.part(await self.manager.pools.all())


class PoolPage(ThingPage):
    """A pool, and how full it is."""

    manager: Managers
    title, edit_scope, template = "Pool", WRITE_POOLS, "own/pool.html"

    async def thing(self, name: str) -> Pool:  # type: ignore[override]
        """Return it."""
        return await self.manager.pools.get(name)

    async def besides(self, name: str) -> dict[str, Any]:  # type: ignore[override]
        """Return how full it is."""
        usage = await self.manager.pools.usage(name)
        return {"usage": usage, "bars": bars_of(usage)}


@dataclass(frozen=True)
class Bar:
    """How much of one resource is promised."""

    label: str
    percent: int
    text: str

    @property
    def colour(self) -> str:
        """Bootstrap's name of the colour: green, yellow when little is left, red when none."""
        return (
            "danger" if self.percent >= FULL else "warning" if self.percent >= TIGHT else "success"
        )


TIGHT, FULL = 75, 95
"""Percent from which on a bar warns."""


def bars_of(usage: PoolUsage) -> list[Bar]:
    """Return the bars of a pool: promised of what can be promised."""
    promised, promisable, free = usage.promised, usage.promisable, usage.free
    return [
        Bar(
            "Cores",
            _percent(promised.cores, promisable.cores),
            f"{promised.cores:.4g} of {promisable.cores:.4g} cores promised "
            f"({usage.physical.cores:.4g} physical), {free.cores:.4g} free",
        ),
        Bar(
            "Memory",
            _percent(promised.memory_bytes, promisable.memory_bytes),
            f"{size(promised.memory_bytes)} of {size(promisable.memory_bytes)} promised, "
            f"{size(free.memory_bytes)} free",
        ),
    ]


def _percent(part: float, whole: float) -> int:
    return min(100, round(100 * part / whole)) if whole else 100


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


ROUTES = (
    Route("api/pools", Pools),
    Route("api/pools/{name}", OnePool),
    Route("api/pools/{name}/usage", Usage),
    Route("pools", PoolsPage),
    Route("pools/{name}", PoolPage),
    Route("pools/{name}/edit", PoolEditor),
)
