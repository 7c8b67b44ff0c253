"""How accounts leave: one small step after the other, each of which may be done again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from aglais_accounts.manager import GUEST_PREFIX, AccountManager, begin_departure
from aglais_accounts.stores import STEPS
from aglais_hub.client import active_servers
from aglais_hub.errors import AglaisError
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, Departure, Level

__all__ = ["Reaper"]

log = logging.getLogger(__name__)


class NotYetError(Exception):
    """A step has begun and needs more time."""


class Reaper:
    """Erases who leaves, and finds who has left without saying so.

    A kill between any two lines loses nothing: a departure is kept until its last step is done,
    and every step is harmless when it is repeated.
    """

    def __init__(self, manager: AccountManager) -> None:
        self.manager = manager
        self.clients = manager.context.clients

    async def depart(self) -> None:
        """Take every departure as many steps further as can be."""
        async with self.manager.reading() as stores:
            departures = await stores.departures.all()
        for departure in departures:
            try:
                await self._take_steps(departure)
            except NotYetError:
                continue
            except AglaisError as failure:
                log.warning("%s cannot leave yet: %s", departure.name, failure.message)

    async def _take_steps(self, departure: Departure) -> None:
        for step in departure.remaining:
            await self._steps[step](departure.name)
            async with self.manager.writing() as stores:
                await stores.departures.advance(departure.name, STEPS.index(step) + 1)
        self.manager.events.publish(
            "account.erased", account=departure.name, reason=departure.reason
        )

    @property
    def _steps(self) -> dict[str, Callable[[str], Awaitable[None]]]:
        return {
            "session": self._stop_session,
            "admissions": self._release_admissions,
            "spaces": self._erase_spaces,
            "hub-user": self.clients.hub.delete_user,
            "account": self._forget,
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

    async def _forget(self, name: str) -> None:
        async with self.manager.writing() as stores:
            await stores.accounts.remove(name)

    async def sweep(self) -> None:
        """Begin the departure of everybody who is gone: expired, idle, crashed, left over."""
        users = {user["name"]: user for user in await self.clients.hub.users()}
        spaces = {space.account for space in await self.clients.storage.spaces()}
        # Accounts are read last: whoever came while the others were read is among them.
        async with self.manager.reading() as stores:
            guests = await stores.accounts.of_level(Level.ANONYMOUS)
            names = await stores.accounts.names()
            leaving = {departure.name for departure in await stores.departures.all()}
            expired = await stores.accounts.expired(utcnow())
        gone = dict.fromkeys(expired, "its time was over")
        for guest in guests:
            gone |= self._absent(guest, users.get(guest.name))
        leftovers = {name for name in users if name.startswith(GUEST_PREFIX)} | spaces
        gone |= dict.fromkeys(leftovers - names, "left over from an account that is gone")
        for name in gone.keys() - leaving:
            await self._begin(name, gone[name])

    async def _begin(self, name: str, reason: str) -> None:
        async with self.manager.writing() as stores:
            await begin_departure(stores, name, reason)
        self.manager.events.publish("account.leaving", account=name, reason=reason)

    def _absent(self, guest: Account, user: dict[str, Any] | None) -> dict[str, str]:
        """Say why a guest counts as gone, if so."""
        now = utcnow()
        settled = now - guest.created_at > timedelta(
            seconds=self.manager.config.guest_settle_seconds
        )
        if user is None or not active_servers(user):
            return {guest.name: "it had no session"} if settled else {}
        last_seen = datetime.fromisoformat(user["last_activity"]) if user["last_activity"] else now
        idle = guest.limits.idle_seconds
        if idle and now - last_seen > timedelta(seconds=idle):
            return {guest.name: f"nothing happened for {idle} seconds"}
        return {}
