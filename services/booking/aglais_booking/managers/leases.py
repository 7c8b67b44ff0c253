"""Which leases stand behind bookings: what is wanted is written down, then brought about."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from aglais_booking.blazar import (
    Lease,
    LeaseRefusedError,
    NoBlazarError,
    OpenStackReservations,
    Reservations,
    WantedLease,
)
from aglais_booking.cloud import Cloud, CloudAwayError
from aglais_booking.config import BookingConfig
from aglais_booking.managers.base import READ_LEASES, BookingsManager, Stores
from aglais_booking.rules.leases import Step, Unit, step_of, units_of, whole_minutes
from aglais_booking.stores.leases import BackedSpan
from aglais_hub.errors import AglaisError, Unavailable
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.leases import BookingLease, LeaseState
from aglais_hub.service import Context

__all__ = ["LeaseManager"]

log = logging.getLogger(__name__)

ROUND_SECONDS = 20.0
"""A round ends after so long: the replica's turn ends at three times the pause between rounds."""

LOOK_SECONDS = 300.0
"""How often leases that need nothing are looked at, whether they are still there."""

BLAZAR = "blazar"
"""Who did it, in the history of bookings."""

Found = Mapping[str, Sequence[Lease]]
"""Leases at Blazar by name, the oldest first."""


class LeaseManager(BookingsManager):
    """Keeps the leases of spans of one's own machines.

    No transaction is open while Blazar is asked. A lease bears the id of its span: one that was
    made without our hearing of it is found by its name and adopted.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.reservations: Reservations | None = reservations_of(self.config)
        self._looked_at = -LOOK_SECONDS

    async def page(
        self, actor: Actor, offset: int, limit: int, accounts: Collection[str]
    ) -> tuple[list[BookingLease], int]:
        """Return a part of the leases that the actor may see."""
        for account in accounts:
            actor.require(READ_LEASES, owner=account)
        seen = accounts or (None if actor.holds(READ_LEASES) else [actor.name])
        async with self.reading() as stores:
            return await stores.leases.page(offset, limit, seen)

    async def reconcile(self) -> None:
        """Do what is to be done about leases now; it can be killed anywhere and run again.

        Raises
        ------
        NoBlazarError
            Leases are asked for, and the cloud has no reservation service.
        """
        blazar = self.reservations
        if blazar is None or not await self._is_offered(blazar):
            return
        now = utcnow()
        wanted = await self._written_down(now)
        todo = [one for one in wanted if _step(one, now) is not Step.NOTHING]
        if not todo and time.monotonic() < self._looked_at + LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        found = _by_name(await blazar.leases())
        todo += [one for one in wanted if one not in todo and await self._is_lost(one, found)]
        await self._bring_about(blazar, todo, found)

    async def _is_offered(self, blazar: Reservations) -> bool:
        if await blazar.is_offered():
            return True
        if self.config.blazar == "yes":
            raise NoBlazarError(f"The cloud {self.config.cloud} has no reservation service.")
        return False

    async def _written_down(self, now: datetime) -> list[BackedSpan]:
        async with self.writing() as stores:
            pools = [pool.name for pool in await stores.pools.all() if pool.site == self.site]
            await stores.leases.want_open(pools, now)
            await stores.leases.unwant_others(pools, now)
            return await stores.leases.spans()

    @property
    def site(self) -> str | None:
        """Site of the pools that are backed."""
        return self.config.site

    async def _is_lost(self, one: BackedSpan, found: Found) -> bool:
        """Tell whether a lease that should be there is gone, or could not be started."""
        if not one.lease.is_wanted or one.lease.lease is None:
            return False
        there = next((it for it in found.get(one.lease.span, ()) if it.id == one.lease.lease), None)
        return there is None or there.is_over

    async def _bring_about(
        self, blazar: Reservations, todo: Sequence[BackedSpan], found: Found
    ) -> None:
        end = time.monotonic() + ROUND_SECONDS
        for one in todo:
            if time.monotonic() > end:
                return
            try:
                await self._act(blazar, one, found.get(one.lease.span, ()))
            except CloudAwayError as away:  # nor will it answer for the others
                await self._failed(one, away)
                return
            except LeaseRefusedError as no:
                await self._refused(one, no)
            except Unavailable as away:
                await self._failed(one, away)

    async def _act(self, blazar: Reservations, one: BackedSpan, found: Sequence[Lease]) -> None:
        if not one.lease.is_wanted:
            await self._end(blazar, one, found)
            return
        times = whole_minutes(one.starts_at, one.ends_at)
        kept = await self._kept(blazar, one, found, times)
        if kept is None:
            wanted = WantedLease(one.lease.span, *times, self._units(one))
            kept = await blazar.create(wanted)
        else:
            await _change(blazar, kept, times)
        await self._leased(one, kept, times)

    def _units(self, one: BackedSpan) -> int:
        return units_of(one.needs, self.unit)

    @property
    def unit(self) -> Unit:
        """What one host, or server, that is leased has."""
        cores, memory = self.config.blazar_unit_cores, self.config.blazar_unit_memory_bytes
        return Unit(cores or 1, memory or 1)

    async def _kept(
        self,
        blazar: Reservations,
        one: BackedSpan,
        found: Sequence[Lease],
        times: tuple[datetime, datetime],
    ) -> Lease | None:
        """Return the one lease of a span that can become the wanted one; end all others."""
        usable = [it for it in found if _can_become(blazar, it, times)]
        # Two of a name: a request went twice, or two replicas sent one each.
        usable.sort(key=lambda it: (it.id != one.lease.lease, it.made_at))
        for other in found:
            if other not in usable[:1]:
                await blazar.delete(other.id)
        return usable[0] if usable else None

    async def _end(self, blazar: Reservations, one: BackedSpan, found: Sequence[Lease]) -> None:
        for identifier in {*(it.id for it in found), *filter(None, [one.lease.lease])}:
            await blazar.delete(identifier)
        async with self.writing() as stores:
            await stores.leases.forget(one.lease.span)
        self._publish("lease.ended", one)

    async def _leased(
        self, one: BackedSpan, lease: Lease, times: tuple[datetime, datetime]
    ) -> None:
        facts = {"lease": lease.id, "starts_at": times[0], "ends_at": times[1]}
        async with self.writing() as stores:
            await stores.leases.save(
                one.lease.span, state=LeaseState.LEASED, problem=None, tried_at=utcnow(), **facts
            )
            if one.lease.state is LeaseState.REFUSED or one.lease.lease != lease.id:
                await stores.changes.add(
                    one.lease.booking, BLAZAR, "leased", span=one.lease.span, new=lease.id
                )
        self._publish("lease.made", one)

    async def _refused(self, one: BackedSpan, no: LeaseRefusedError) -> None:
        """Keep why: the booking stays, not backed; its owner and the administrators are told."""
        is_new = one.lease.problem != no.message[:200]
        async with self.writing() as stores:
            await stores.leases.save(one.lease.span, **_problem(LeaseState.REFUSED, no))
            if is_new and one.lease.is_wanted:
                await self._say(stores, one, no)
        log.warning("Blazar refuses the lease of span %s: %s", one.lease.span, no.message)
        self._publish("lease.refused", one, why=no.message)

    async def _say(self, stores: Stores, one: BackedSpan, no: LeaseRefusedError) -> None:
        lease, why = one.lease, no.message[:200]
        await stores.changes.add(lease.booking, BLAZAR, "lease refused", span=lease.span, why=why)
        booking = await stores.bookings.get(lease.booking)
        if booking is not None:
            about = f"lease:{lease.span}:{sha256(why.encode()).hexdigest()[:8]}"
            times = {"starts_at": one.starts_at, "ends_at": one.ends_at}
            await self._notify_of(stores, about, booking, "lease-refused", why=why, **times)

    async def _failed(self, one: BackedSpan, away: Unavailable) -> None:
        async with self.writing() as stores:
            await stores.leases.save(one.lease.span, **_problem(LeaseState.FAILED, away))
        log.warning("The lease of span %s waits: %s", one.lease.span, away.message)

    def _publish(self, kind: str, one: BackedSpan, **facts: str) -> None:
        lease = one.lease
        named = {"span": lease.span, "booking": lease.booking, "account": lease.account}
        self.events.publish(kind, **named, **facts)


def reservations_of(config: BookingConfig) -> Reservations | None:
    """Return what leases at the cloud, if it is used."""
    if config.cloud is None or config.blazar == "no" or not config.can_lease:
        return None
    cloud = Cloud(config.cloud, config.clouds_file)
    cloud.check()
    return OpenStackReservations(
        cloud, config.blazar_resource, config.blazar_flavor, config.blazar_properties
    )


async def _change(blazar: Reservations, lease: Lease, times: tuple[datetime, datetime]) -> None:
    """Give a lease the times that are wanted; one that has started keeps its start."""
    starts_at, ends_at = times
    start = None if lease.starts_at <= utcnow() or lease.starts_at == starts_at else starts_at
    if start is not None or lease.ends_at != ends_at:
        await blazar.change(lease.id, start, ends_at)


def _can_become(blazar: Reservations, lease: Lease, times: tuple[datetime, datetime]) -> bool:
    """Tell whether a lease can be given these times: the start of one that has started stays."""
    now, (starts_at, ends_at) = utcnow(), times
    has_started, is_to_start = lease.starts_at <= now, starts_at > now
    if lease.is_over or (has_started and is_to_start):
        return False
    is_right = lease.ends_at == ends_at and (has_started or lease.starts_at == starts_at)
    return is_right or blazar.can_change(lease)


def _by_name(leases: Sequence[Lease]) -> Found:
    named: dict[str, list[Lease]] = defaultdict(list)
    for lease in sorted(leases, key=lambda it: it.made_at):
        named[lease.name].append(lease)
    return named


def _step(one: BackedSpan, now: datetime) -> Step:
    return step_of(one.lease, whole_minutes(one.starts_at, one.ends_at), now)


def _problem(state: LeaseState, why: AglaisError) -> dict[str, object]:
    return {"state": state, "problem": why.message[:200], "tried_at": utcnow()}
