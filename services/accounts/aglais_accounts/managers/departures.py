"""How accounts leave."""

from __future__ import annotations

from collections.abc import Sequence

from aglais_accounts.belongings import Belongings, Find
from aglais_accounts.ends import End, Verdict
from aglais_accounts.managers.base import READ, AccountsManager, Stores, begin_departure
from aglais_hub.errors import AglaisError, Conflict, NotFound
from aglais_hub.identity import Actor, scope
from aglais_hub.models.accounts import Account, Level
from aglais_hub.models.departures import Belonging, Departure, DeparturePlan, DepartureRequest
from aglais_hub.models.identities import EMAIL

__all__ = ["WRITE_DEPARTURES", "DepartureManager"]

WRITE_DEPARTURES = scope("write", "departures")


class LevelChangedError(Conflict):
    """The account is of another level by now, and was to leave only if it were not."""

    code = "level-changed"


class DepartureManager(AccountsManager):
    """Decides who leaves; the reaper does it."""

    async def leave(self, actor: Actor, name: str, request: DepartureRequest) -> Departure:
        """Begin to erase an account and all that it has; saying it again changes nothing.

        Raises
        ------
        LevelChangedError
            It is not of the level that was asked for: a guest has just become a member.
        """
        actor.require(WRITE_DEPARTURES, owner=name)
        only = request.only_level
        async with self.writing() as stores:
            is_new = await begin_departure(
                stores, name, request.reason, lambda account: only in {None, account.level}
            )
            account = await self._account(stores, name)
            departure = await stores.departures.get(name)
        if departure is None:
            raise LevelChangedError(f"{name} is of level {account.level.word} and stays.")
        if is_new:
            self.events.publish("account.leaving", account=name, reason=request.reason)
        return departure

    async def plan(self, actor: Actor, name: str) -> DeparturePlan:
        """Return what would go with an account; nothing begins."""
        actor.require(READ, owner=name)
        async with self.reading() as stores:
            account = await self._account(stores, name)
            own = await self.own_things(stores, name)
        found: list[Belonging] = []
        unknown = []
        for step, find in Belongings(self.context.clients).finders.items():
            things = await _asked(find, name)
            found += things or ()
            unknown += [step] if things is None else []
        return DeparturePlan(
            name=name,
            level=account.level,
            belongings=(*found, *own),
            unknown=tuple(unknown),
        )

    async def own_things(self, stores: Stores, name: str) -> Sequence[Belonging]:
        """Return what this service keeps of an account, the account itself last."""
        if await stores.accounts.get(name) is None:
            return ()
        return (*await stores.belongings.of(name), Belonging(what="account", count=1))

    async def finish(self, stores: Stores, departure: Departure) -> None:
        """Remove an account that has nothing any more, and tell its owner what went.

        The mail is written together with the removal: after it nobody knows the addresses.
        """
        account = await stores.accounts.get(departure.name)
        if account is None:
            return
        if account.level is not Level.ANONYMOUS:
            for identity in await stores.identities.of(departure.name):
                if identity.provider == EMAIL:
                    await self._mail(stores, identity.subject, "erased", departure=departure)
        await stores.accounts.remove(departure.name)

    async def warn(
        self, stores: Stores, address: str, account: Account, end: End, verdict: Verdict
    ) -> None:
        """Tell an owner that an account will go, and what keeps it."""
        await self._mail(
            stores,
            address,
            "warning",
            account=account,
            end=end,
            goes_at=verdict.goes_at,
            link=self.config.link("/hub/login"),
            page=self.config.link(f"/services/accounts/accounts/{account.name}"),
        )

    async def departures(self, actor: Actor) -> list[Departure]:
        """Return who is on the way out, as far as the actor may see it."""
        async with self.reading() as stores:
            return [one for one in await stores.departures.all() if actor.holds(READ, one.name)]

    async def departure(self, actor: Actor, name: str) -> Departure:
        """Return one departure."""
        actor.require(READ, owner=name)
        async with self.reading() as stores:
            departure = await stores.departures.get(name)
        if departure is None:
            raise NotFound(f"{name} is not on the way out.")
        return departure


async def _asked(find: Find, name: str) -> list[Belonging] | None:
    try:
        return await find(name)
    except AglaisError:
        return None  # The part is away; who wants to leave may do so all the same.
