"""How accounts leave: one small step after the other, each of which may be done again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aglais_accounts.managers import Managers
from aglais_accounts.managers.base import begin_departure, is_guest_name
from aglais_accounts.stores.departures import STEPS
from aglais_hub.client import active_servers
from aglais_hub.errors import AglaisError
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, Departure, Level

__all__ = ["Reaper"]

log = logging.getLogger(__name__)

ACCOUNT = STEPS[-1]
"""The last step."""


class NotYetError(Exception):
    """A step has begun and needs more time."""


class Reaper:
    """Erases who leaves, and finds who has left without saying so.

    A kill between any two lines loses nothing: a departure is kept until its last step is done,
    and every step is harmless when it is repeated.
    """

    def __init__(self, manager: Managers) -> None:
        self.manager = manager
        self.clients = manager.context.clients

    async def depart(self) -> None:
        """Take every departure as many steps further as can be."""
        async with self.manager.reading() as stores:
            departures = await stores.departures.all()
        for departure in departures:
            await self._try(departure)

    async def _try(self, departure: Departure) -> None:
        """Take steps; one who cannot leave keeps nobody else from leaving."""
        try:
            await self._take_steps(departure)
        except NotYetError:
            return
        except AglaisError as failure:
            log.warning("%s cannot leave yet: %s", departure.name, failure.message)
        except Exception:
            log.exception("%s cannot leave; it will be tried again", departure.name)

    async def _take_steps(self, departure: Departure) -> None:
        for step in departure.remaining:
            if not await self._is_next(departure, step):
                return
            await self._steps[step](departure.name)
            if not await self._advance(departure, step):
                return
        self.manager.events.publish(
            "account.erased", account=departure.name, reason=departure.reason
        )

    async def _is_next(self, departure: Departure, step: str) -> bool:
        """Tell whether no other replica is further: a name that is free by now is not ours."""
        async with self.manager.reading() as stores:
            now = await stores.departures.get(departure.name)
        if now is None or now.requested_at != departure.requested_at:
            return False
        return now.remaining[:1] == (step,)

    async def _advance(self, departure: Departure, step: str) -> bool:
        async with self.manager.writing() as stores:
            is_ours = await stores.departures.advance(departure, step)
            if is_ours and step == ACCOUNT:
                # Together: a name that can be taken again has no departure that is under way.
                await stores.accounts.remove(departure.name)
        return is_ours

    @property
    def _steps(self) -> dict[str, Callable[[str], Awaitable[None]]]:
        return {
            "session": self._stop_session,
            "admissions": self._release_admissions,
            "spaces": self._erase_spaces,
            "hub-user": self.clients.hub.delete_user,
            ACCOUNT: _nothing_elsewhere,
        }

    async def _stop_session(self, name: str) -> None:
        if not await self.clients.hub.stop_server(name):
            raise NotYetError

    async def _release_admissions(self, name: str) -> None:
        for admission in await self.clients.booking.admissions(name):
            await self.clients.booking.release(admission.id)

    async def _erase_spaces(self, name: str) -> None:
        for space in await self.clients.storage.spaces(name):
            await self.clients.storage.erase(space.id)

    async def sweep(self) -> None:
        """Begin the departure of everybody who is gone: expired, idle, crashed, left over.

        It reads all users, spaces and names of accounts at once, every time: a few seconds for
        ten thousands of them. A larger platform would have to ask by parts, by last activity.
        """
        looked_at = utcnow()
        users = {user["name"]: user for user in await self.clients.hub.users()}
        spaces = {space.account for space in await self.clients.storage.spaces()}
        # Accounts are read last: whoever came while the others were read is among them.
        async with self.manager.reading() as stores:
            guests = await stores.accounts.of_level(Level.ANONYMOUS)
            names = await stores.accounts.names()
            leaving = {departure.name for departure in await stores.departures.all()}
            expired = await stores.accounts.expired(utcnow())
        for name in expired:
            await self._begin(name, "its time was over")
        for guest in guests:
            if guest.name not in expired:
                await self._check(guest, users.get(guest.name), looked_at)
        # Guests only: what is missing here of others may be our own loss, and nothing to erase by.
        leftovers = {name for name in users.keys() | spaces if is_guest_name(name)}
        for name in leftovers - names - leaving:
            await self._begin_leftover(name)

    async def _check(
        self, guest: Account, user: dict[str, Any] | None, looked_at: datetime
    ) -> None:
        """Let a guest go who was absent when all were looked at, and is so now."""
        if self._absence(guest, user, looked_at) is None:
            return
        # A list that comes in parts may lack somebody, and a session may have begun since.
        user = await self.clients.hub.user(guest.name)
        reason = self._absence(guest, user, looked_at)
        if reason is not None:
            await self._begin(guest.name, reason)

    def _absence(
        self, guest: Account, user: dict[str, Any] | None, looked_at: datetime
    ) -> str | None:
        """Say why a guest counts as gone, if so."""
        settle = timedelta(seconds=self.manager.config.guest_settle_seconds)
        if user is None or not active_servers(user):
            return "it had no session" if looked_at - guest.created_at > settle else None
        seen = user.get("last_activity")
        idle = guest.limits.idle_seconds
        if seen and idle and looked_at - _moment(seen) > timedelta(seconds=idle):
            return f"nothing happened for {idle} seconds"
        return None

    async def _begin(self, name: str, reason: str) -> None:
        async with self.manager.writing() as stores:
            if await stores.accounts.get(name) is None:
                return
            is_new = await begin_departure(stores, name, reason)
        self._tell(name, reason, is_new=is_new)

    async def _begin_leftover(self, name: str) -> None:
        reason = "left over from an account that is gone"
        async with self.manager.writing() as stores:
            await stores.levels.lock(Level.ANONYMOUS)
            if await stores.accounts.get(name) is not None:
                return  # Somebody has just taken the name.
            is_new = await begin_departure(stores, name, reason)
        self._tell(name, reason, is_new=is_new)

    def _tell(self, name: str, reason: str, *, is_new: bool) -> None:
        if is_new:
            self.manager.events.publish("account.leaving", account=name, reason=reason)


async def _nothing_elsewhere(_name: str) -> None:
    """Do nothing: the account goes together with its departure."""


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
