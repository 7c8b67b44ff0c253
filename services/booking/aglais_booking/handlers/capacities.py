"""What pools are given for a time: URLs of the API, and pages."""

from __future__ import annotations

from collections.abc import Sequence

from aglais_booking.handlers.base import BookingApi
from aglais_booking.managers import Managers
from aglais_booking.managers.base import READ_POOLS, WRITE_POOLS
from aglais_hub.models import Model
from aglais_hub.models.capacities import Capacity, CapacityEdit, CapacityRequest
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.actions import ActionPage, CreatorPage
from aglais_hub.web.forms import FormField, choices
from aglais_hub.web.pages import CollectionPage, EditorPage, ThingPage

__all__ = ["ROUTES"]


class Capacities(BookingApi):
    """All allocations."""

    @operation(
        Operation(
            "List allocations of resources to pools",
            READ_POOLS,
            returns=Capacity,
            many=True,
            query=("pool",),
        )
    )
    async def get(self) -> Sequence[Model]:
        """List them."""
        return self.listed(*self.part(await self.manager.capacities.all(self.named("pool"))))

    @operation(
        Operation(
            "Give a pool resources, or take some away, for a time",
            WRITE_POOLS,
            CapacityRequest,
            returns=Capacity,
            status=201,
        )
    )
    async def post(self, request: CapacityRequest) -> Capacity:
        """Make one."""
        capacity = await self.manager.capacities.create(self.actor, request)
        self.created("capacities", capacity.id)
        return capacity


class OneCapacity(BookingApi):
    """An allocation."""

    @operation(Operation("Return an allocation", READ_POOLS, returns=Capacity))
    async def get(self, identifier: str) -> Capacity:
        """Return it."""
        return await self.manager.capacities.get(identifier)

    @operation(Operation("Change an allocation", WRITE_POOLS, CapacityEdit, returns=Capacity))
    async def post(self, request: CapacityEdit, identifier: str) -> Capacity:
        """Change it."""
        manager = self.manager.capacities
        return await manager.edit(self.actor, identifier, request, self.if_match)

    @operation(Operation("Take an allocation back", WRITE_POOLS, status=204))
    async def delete(self, identifier: str) -> None:
        """Delete it."""
        await self.manager.capacities.delete(self.actor, identifier, self.if_match)


class CapacitiesPage(CollectionPage):
    """All allocations."""

    manager: Managers
    title, plural, key, create_scope = "Capacities", "capacities", "id", WRITE_POOLS
    columns = ("title", "pool", "effect", "cores", "memory_bytes", "gpus", "starts_at", "ends_at")

    async def things(self) -> tuple[Sequence[Capacity], int]:
        """Return them."""
        return self.part(await self.manager.capacities.all(self.named("pool")))


class CapacityCreator(CreatorPage):
    """The form that makes an allocation."""

    manager: Managers
    title, model, create_scope, acts_once = "New capacity", CapacityRequest, WRITE_POOLS, True

    async def create(self, request: CapacityRequest) -> str:
        """Make it."""
        return (await self.manager.capacities.create(self.actor, request)).id

    async def fields(self, typed: dict[str, str]) -> list[FormField]:
        """Offer the pools that there are."""
        pools = {pool.name: pool.name for pool in await self.manager.pools.all()}
        return choices(await super().fields(typed), "pool", pools)


class CapacityPage(ThingPage):
    """An allocation."""

    manager: Managers
    title, edit_scope, act_scope = "Capacity", WRITE_POOLS, WRITE_POOLS
    template, actions = "own/capacity.html", (("Delete", "delete"),)

    async def thing(self, identifier: str) -> Capacity:  # type: ignore[override]
        """Return it."""
        return await self.manager.capacities.get(identifier)

    def heading(self, path: object) -> str:
        """Return what the page is called: identifiers say nothing."""
        return self.title


class CapacityEditor(EditorPage):
    """The form that edits an allocation."""

    manager: Managers
    title, model, edit_scope = "Edit capacity", CapacityEdit, WRITE_POOLS

    async def thing(self, identifier: str) -> Capacity:  # type: ignore[override]
        """Return it."""
        return await self.manager.capacities.get(identifier)

    async def save(self, edit: CapacityEdit, version: str | None, identifier: str) -> Capacity:  # type: ignore[override]
        """Save it."""
        return await self.manager.capacities.edit(self.actor, identifier, edit, version)


class CapacityDelete(ActionPage):
    """The question before an allocation is taken back."""

    manager: Managers
    title, verb, act_scope = "Delete capacity", "Delete", WRITE_POOLS
    question = (
        "The pool has so much less, or more, from now on. Nothing that is booked is cancelled: "
        "bookings for which there is too little then are listed on the pool's page."
    )

    async def act(self, identifier: str) -> None:  # type: ignore[override]
        """Delete it."""
        await self.manager.capacities.delete(self.actor, identifier, None)


ROUTES = (
    Route("api/capacities", Capacities),
    Route("api/capacities/{identifier}", OneCapacity),
    Route("capacities", CapacitiesPage),
    Route("capacities/new", CapacityCreator),
    Route("capacities/{identifier}", CapacityPage),
    Route("capacities/{identifier}/edit", CapacityEditor),
    Route("capacities/{identifier}/delete", CapacityDelete),
)
