"""How accounts leave: one small step after the other, each of which may be done again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aglais_accounts.belongings import Belongings
from aglais_accounts.managers import Managers
from aglais_accounts.managers.base import begin_departure, is_guest_name
from aglais_accounts.mirror import Mirror
from aglais_accounts.stores.departures import STEPS
from aglais_hub.client import active_servers
from aglais_hub.errors import AglaisError
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, Level
from aglais_hub.models.departures import Departure

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
        self.belongings = Belongings(self.clients)

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
            now = await self._now(departure, step)
            if now is None:
                return
            await self._note(now, step)
            await self._steps[step](departure.name)
            done = await self._advance(departure, step)
            if done is None:
                return
            if not done.remaining:
                self._tell_end(done)

    def _tell_end(self, done: Departure) -> None:
        report = [entry.model_dump(mode="json") for entry in done.report]
        self.manager.events.publish(
            "account.erased", account=done.name, reason=done.reason, report=report
        )

    async def _now(self, departure: Departure, step: str) -> Departure | None:
        """Return the departure as it is; None where another replica is further.

        A name that is free by now is not ours.
        """
        async with self.manager.reading() as stores:
            now = await stores.departures.get(departure.name)
        if now is None or now.requested_at != departure.requested_at:
            return None
        return now if now.remaining[:1] == (step,) else None

    async def _note(self, departure: Departure, step: str) -> None:
        """Note what the step is going to erase: afterwards nobody could say what it was."""
        find = self.belongings.finders.get(step)
        found = await find(departure.name) if find else []
        known = {entry.what for entry in departure.report}
        if any(one.what not in known for one in found):
            async with self.manager.writing() as stores:
                await stores.departures.note(departure, step, found)

    async def _advance(self, departure: Departure, step: str) -> Departure | None:
        manager = self.manager.departures
        async with self.manager.writing() as stores:
            is_last = step == ACCOUNT
            found = await manager.own_things(stores, departure.name) if is_last else ()
            done = await stores.departures.advance(departure, step, found, utcnow())
            if done is not None and is_last:
                # Together: a name that can be taken again has no departure that is under way.
                await manager.finish(stores, done)
        return done

    @property
    def _steps(self) -> dict[str, Callable[[str], Awaitable[None]]]:
        return {
            "session": self._stop_session,
            "admissions": self._release_admissions,
            "spaces": self._erase_spaces,
            "hub-user": self.clients.hub.delete_user,
            # After the login: who cannot come any more books nothing meanwhile.
            "bookings": self.clients.booking.erase_account,
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
        is_steady = self.manager.steadiness.look(looked_at)
        users = {user["name"]: user for user in await self.clients.hub.users()}
        await Mirror(self.manager).heal(users)
        spaces = {space.account for space in await self.clients.storage.spaces()}
        # Accounts are read last: whoever came while the others were read is among them.
        async with self.manager.reading() as stores:
            guests = await stores.accounts.of_level(Level.ANONYMOUS)
            names = await stores.accounts.names()
            leaving = {departure.name for departure in await stores.departures.all()}
        for guest in guests if is_steady else ():
            if _is_over(guest, looked_at):
                reason = "its time was over"
                await self._begin(guest.name, reason, lambda now: _is_over(now, looked_at))
            else:
                await self._check(guest, users.get(guest.name), looked_at)
        # Guests only: what is missing here of others may be our own loss, and nothing to erase by.
        leftovers = {name for name in users.keys() | spaces if is_guest_name(name)}
        for name in leftovers - names - leaving:
            if await self._has_left_something(name):
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

    async def _begin(
        self, name: str, reason: str, still: Callable[[Account], bool] = lambda _guest: True
    ) -> None:
        """Let a guest go; one who has just become a member stays."""

        def goes(now: Account) -> bool:
            return now.level is Level.ANONYMOUS and still(now)

        async with self.manager.writing() as stores:
            is_new = await begin_departure(stores, name, reason, goes)
        self._tell(name, reason, is_new=is_new)

    async def _has_left_something(self, name: str) -> bool:
        """Look again: whoever was erased while the others were read has nothing left."""
        if await self.clients.hub.user(name) is not None:
            return True
        return bool(await self.clients.storage.spaces(name))

    async def _begin_leftover(self, name: str) -> None:
        reason = "left over from an account that is gone"
        async with self.manager.writing() as stores:
            await stores.levels.lock(Level.ANONYMOUS)
            if await stores.accounts.get(name) is not None:
                return  # Somebody has just taken the name.
            is_new = await stores.departures.add(name, reason, utcnow())
        self._tell(name, reason, is_new=is_new)

    def _tell(self, name: str, reason: str, *, is_new: bool) -> None:
        if is_new:
            self.manager.events.publish("account.leaving", account=name, reason=reason)


async def _nothing_elsewhere(_name: str) -> None:
    """Do nothing: the account goes together with its departure."""


def _is_over(account: Account, now: datetime) -> bool:
    return account.expires_at is not None and account.expires_at <= now


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
