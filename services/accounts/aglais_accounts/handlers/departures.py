"""URLs of the way out."""

from __future__ import annotations

from collections.abc import Sequence

from aglais_accounts.handlers.base import AccountsApi
from aglais_accounts.managers.base import READ, WRITE
from aglais_hub.models import Model
from aglais_hub.models.accounts import Departure, DepartureRequest
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route

__all__ = ["ROUTES"]


class Leave(AccountsApi):
    """The way out of an account."""

    @operation(
        Operation(
            "Erase an account and all that it has",
            WRITE,
            DepartureRequest,
            returns=Departure,
            status=202,
        )
    )
    async def post(self, request: DepartureRequest, name: str) -> Departure:
        """Begin it; GET the Location to see how far it is."""
        departure = await self.manager.departures.leave(self.actor, name, request.reason)
        self.created("departures", name)
        return departure


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
    Route("api/departures", Departures),
    Route("api/departures/{name}", OneDeparture),
)
