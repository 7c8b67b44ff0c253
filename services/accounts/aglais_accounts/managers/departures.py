"""How accounts leave."""

from __future__ import annotations

from aglais_accounts.managers.base import READ, WRITE, AccountsManager, Stores, begin_departure
from aglais_hub.errors import NotFound
from aglais_hub.identity import Actor
from aglais_hub.models.accounts import Departure

__all__ = ["DepartureManager"]


class DepartureManager(AccountsManager):
    """Decides who leaves; the reaper does it."""

    async def leave(self, actor: Actor, name: str, reason: str) -> Departure:
        """Begin to erase an account and all that it has; saying it again changes nothing."""
        actor.require(WRITE, owner=name)
        async with self.writing() as stores:
            await self._account(stores, name)
            is_new = await begin_departure(stores, name, reason)
            departure = await self._departure(stores, name)
        if is_new:
            self.events.publish("account.leaving", account=name, reason=reason)
        return departure

    async def departures(self, actor: Actor) -> list[Departure]:
        """Return who is on the way out, as far as the actor may see it."""
        async with self.reading() as stores:
            return [one for one in await stores.departures.all() if actor.holds(READ, one.name)]

    async def departure(self, actor: Actor, name: str) -> Departure:
        """Return one departure."""
        actor.require(READ, owner=name)
        async with self.reading() as stores:
            return await self._departure(stores, name)

    async def _departure(self, stores: Stores, name: str) -> Departure:
        departure = await stores.departures.get(name)
        if departure is None:
            raise NotFound(f"{name} is not on the way out.")
        return departure
