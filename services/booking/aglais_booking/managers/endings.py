"""How sessions end: with their bookings, or to make room for one, after a warning."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from aglais_booking.amounts import cost_of
from aglais_booking.managers.admissions import AdmissionManager
from aglais_booking.managers.base import BookingsManager, Stores
from aglais_booking.managers.rooms import RoomManager
from aglais_booking.rules.admission import level_end
from aglais_booking.rules.clock import joined_end
from aglais_booking.rules.endings import Eviction, evictions, pressed, until_of
from aglais_booking.rules.places import Place
from aglais_hub.errors import AglaisError
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Admission, Pool
from aglais_hub.service import Context

__all__ = ["EndingManager"]

log = logging.getLogger(__name__)

AT_ONCE = 10
"""Sessions that the Hub is asked to stop at the same time."""

LEAST_NOTICE = timedelta(seconds=60)
"""Time to save for a session on spare capacity where a booking begins at once."""


class EndingManager(BookingsManager):
    """Ends sessions; it can be killed anywhere and run again.

    What is to be is in the admissions: `until`, and `warned_at`. Stopping a server that is
    stopped already, and releasing what is released, does nothing.
    """

    steps: ClassVar[tuple[str, ...]] = ("warned", "told", "stop", "stopped", "released")
    """What `notice` is told."""

    def __init__(
        self,
        context: Context,
        admissions: AdmissionManager,
        rooms: RoomManager,
        notice: Callable[[str], None] = lambda _step: None,
    ) -> None:
        super().__init__(context)
        self.admissions, self.rooms, self.notice = admissions, rooms, notice

    async def look(self) -> None:
        """Do one round."""
        now = utcnow()
        await self._follow_bookings(now)
        must_go = await self._make_room(now)
        await self._warn(now)
        await self._end(now, must_go)

    async def _follow_bookings(self, now: datetime) -> None:
        """Let sessions end with their bookings, which may have been changed meanwhile."""
        async with self.reading() as stores:
            sessions = await stores.admissions.of_bookings()
            live = await stores.spans.live({one.booking or "" for one in sessions})
        for session in sessions:
            spans = [span for span in live if span.booking == session.booking]
            until = until_of(session, joined_end(spans, now), now)
            if until != session.until:
                async with self.writing() as stores:
                    await stores.admissions.set_until(session, until)

    async def _make_room(self, now: datetime) -> set[str]:
        """Tell sessions to go in whose place a booking begins; return those that must be gone."""
        async with self.reading() as stores:
            giving = [
                *await stores.admissions.interruptible(),
                *await stores.admissions.ending(now),
            ]
            pools = [await stores.pools.get(name) for name in sorted({one.pool for one in giving})]
        found = [await self._make_room_in(pool, now) for pool in pools if pool is not None]
        return set().union(*found)

    async def _make_room_in(self, pool: Pool, now: datetime) -> set[str]:
        soon = now + self.rooms.notice
        async with self.reading() as stores:
            total, _ = await self.rooms.whole(stores, pool, now)
            sessions = await stores.admissions.in_pool(pool.name)
            held = await stores.spans.held(pool.name, now, soon + LEAST_NOTICE)
        ends = {one.id: self._own_end(one) for one in sessions if one.is_interruptible}
        places = [Place(one, cost_of(one.limits.total, one.sharing, pool)) for one in sessions]
        going = evictions(places, ends, held, total, (now, soon))
        for eviction in going:
            await self._evict(eviction, now)
        leaving = {eviction.session.id for eviction in going}
        for session in sessions:
            if pressed(session, ends) and session.id not in leaving:
                await self._spare(session, ends[session.id])
        return {eviction.session.id for eviction in going if eviction.at <= now}

    def _own_end(self, session: Admission) -> datetime | None:
        return level_end(session, self.config.session_seconds.get(session.level))

    async def _evict(self, eviction: Eviction, now: datetime) -> None:
        """Tell a session on spare capacity when it has to be gone."""
        session, earliest = eviction.session, now + min(LEAST_NOTICE, self.rooms.notice)
        until = max(eviction.at, earliest)
        if not session.is_interruptible or (session.until and session.until <= until):
            return
        await self._tell_end(session, until, now, "spare-ends")

    async def _spare(self, session: Admission, until: datetime | None) -> None:
        """Let a session stay whose place no booking needs any more."""
        async with self.writing() as stores:
            if not await stores.admissions.set_until(session, until) or session.until is None:
                return
            about = f"spared:{session.id}:{session.until.isoformat()}"
            facts = {"package": session.package}
            await self._notify(stores, about, session.account, "spare-stays", **facts)
        self._publish("session.spared", session)

    async def _warn(self, now: datetime) -> None:
        """Warn the owners of all sessions that end soon."""
        soon = now + timedelta(seconds=self.config.warning_seconds)
        async with self.reading() as stores:
            ending = await stores.admissions.ending(soon)
        for session in ending:
            if session.warned_at is None and session.until is not None:
                await self._tell_end(session, session.until, now, "session-ends")

    async def _tell_end(
        self, session: Admission, until: datetime, now: datetime, template: str
    ) -> None:
        async with self.writing() as stores:
            if not await stores.admissions.warn(session, now, until):
                return
            self.notice("warned")
            about = f"ends:{session.id}:{until.isoformat()}"
            await self._tell_of_end(stores, about, session, until, template)
            self._publish("session.warned", session, until=until)
            self.notice("told")

    async def _tell_of_end(
        self, stores: Stores, about: str, session: Admission, until: datetime, template: str
    ) -> None:
        facts = {"package": session.package, "until": until}
        booking = await stores.bookings.get(session.booking) if session.booking else None
        if booking is not None:
            await self._notify_of(stores, about, booking, template, **facts)
            return
        none: dict[str, object] = {"name": "", "link": None, "zone": "UTC"}
        await self._notify(stores, about, session.account, template, **none | facts)

    async def _end(self, now: datetime, must_go: set[str]) -> None:
        """Stop the sessions whose time is over."""
        grace = timedelta(seconds=self.config.grace_seconds)
        async with self.reading() as stores:
            over = await stores.admissions.ending(now)
        ended = [
            session
            for session in over
            if session.id in must_go or (session.until or now) + grace <= now
        ]
        # The Hub answers when a server has stopped, or after ten seconds.
        gate = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._stop_in_turn(session, gate) for session in ended))

    async def _stop_in_turn(self, session: Admission, gate: asyncio.Semaphore) -> None:
        async with gate:
            await self._stop(session)

    async def _stop(self, session: Admission) -> None:
        if not await self._is_over(session):
            return
        self.notice("stop")
        hub = self.context.clients.hub
        try:
            is_gone = await hub.stop_server(session.account, session.server)
        except AglaisError as failure:  # the next round tries again; others are not kept waiting
            log.warning("%s of %s is not stopped: %s", session.id, session.account, failure.message)
            return
        self.notice("stopped")
        if is_gone:
            await self.admissions.free(session.id, reason="its time was over")
            self.notice("released")

    async def _is_over(self, session: Admission) -> bool:
        """Tell whether a session is still the one that is to end."""
        async with self.reading() as stores:
            fresh = await stores.admissions.get(session.id)
        return fresh is not None and fresh.until == session.until

    def _publish(self, event: str, session: Admission, **facts: object) -> None:
        names: Sequence[str] = ("account", "server", "booking")
        told = {name: getattr(session, name) for name in names}
        moment = facts.get("until") or session.until
        event_id = f"{event}-{session.id}-{moment}"
        self.events.publish(event, id=event_id, admission=session.id, **told, **facts)
