"""URLs of the way out."""

from __future__ import annotations

from collections.abc import Sequence

from aglais_accounts.handlers.base import AccountsApi
from aglais_accounts.managers.base import READ
from aglais_accounts.managers.departures import WRITE_DEPARTURES
from aglais_hub.models import Model
from aglais_hub.models.departures import Departure, DeparturePlan, DepartureRequest
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route

__all__ = ["ROUTES"]


class Leave(AccountsApi):
    """The way out of an account."""

    @operation(
        Operation(
            "Erase an account and all that it has",
            WRITE_DEPARTURES,
            DepartureRequest,
            returns=Departure,
            status=202,
        )
    )
    async def post(self, request: DepartureRequest, name: str) -> Departure:
        """Begin it; GET the Location to see how far it is."""
        departure = await self.manager.departures.leave(self.actor, name, request)
        self.created("departures", name)
        return departure


class LeavePlan(AccountsApi):
    """What an account would take along."""

    @operation(
        Operation(
            "Return what would go with an account; erase nothing", READ, returns=DeparturePlan
        )
    )
    async def get(self, name: str) -> DeparturePlan:
        """Return it."""
        return await self.manager.departures.plan(self.actor, name)


class Departures(AccountsApi):
    """All accounts on their way out."""

    @operation(Operation("List accounts on their way out", READ, returns=Departure, many=True))
    async def get(self) -> Sequence[Model]:
        """List them."""
        offset, limit = self.window()
        departures = await self.manager.departures.departures(self.actor)
        return self.listed(departures[offset : offset + limit], len(departures))


class OneDeparture(AccountsApi):
    """An account on its way out."""

    @operation(Operation("Return how far an account is on its way out", READ, returns=Departure))
    async def get(self, name: str) -> Departure:
        """Return it."""
        return await self.manager.departures.departure(self.actor, name)


ROUTES = (
    Route("api/accounts/{name}/leave", Leave),
    Route("api/accounts/{name}/leave-plan", LeavePlan),
    Route("api/departures", Departures),
    Route("api/departures/{name}", OneDeparture),
)
