"""Which sessions are let in."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from aglais_booking.managers.base import (
    EMBEDDED,
    READ_ADMISSIONS,
    WRITE_ADMISSIONS,
    BookingsManager,
    Stores,
)
from aglais_booking.managers.pools import PoolManager
from aglais_booking.managers.rooms import RoomManager
from aglais_booking.refusals import BookingInUseError, PackageNotAllowedError
from aglais_booking.rules.admission import (
    check_booked_room,
    check_cluster,
    check_not_in_use,
    check_on,
    check_walk_in_room,
    largest,
)
from aglais_booking.rules.packages import check_allowed, check_sessions, default_of, is_allowed
from aglais_hub.errors import AglaisError, NotFound
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Admission, AdmissionRequest, Package, Pool, Sharing
from aglais_hub.models.bookings import Booking
from aglais_hub.paging import Batch, Window
from aglais_hub.service import Context

__all__ = ["AdmissionManager"]


class AdmissionManager(BookingsManager):
    """Decides who may start a session now."""

    def __init__(self, context: Context, pools: PoolManager, rooms: RoomManager) -> None:
        super().__init__(context)
        self.pools, self.rooms = pools, rooms

    async def admit(self, actor: Actor, request: AdmissionRequest) -> Admission:
        """Let a session in, if it may be and there is room.

        For a booking that is on: the one that is named, or else the largest of the account that
        is of the package asked for. Without one: by the account's level, on spare capacity
        where the part of the pool that is kept for such sessions is full.

        Whoever asks answers for what the account may: its level, packages and sessions at once.

        The same account and server again take the place of their earlier admission.

        Raises
        ------
        UnknownPackageError, PackageNotAllowedError, SessionLimitError
            It may not be let in; nothing is counted.
        BookingNotOnError, BookingOverError, BookingInUseError, OtherPackageError
            The booking that is named cannot be started so now; nothing is counted.
        PackageTooLargeError, NoRoomError, PlaceBeingFreedError, NoClusterError
            There is no room; nothing is counted.
        """
        actor.require(WRITE_ADMISSIONS)
        await self.pools.ensure()
        facts = {"account": request.account, "server": request.server, "level": request.level}
        try:
            async with self.writing() as stores:
                admission = await self._admit(stores, request, utcnow())
        except AglaisError as no:
            asked = request.package or "default"
            self.events.publish("admission.refused", **facts, package=asked, code=no.code)
            raise
        names = ("package", "pool", "booking", "is_interruptible", "until")
        granted = {name: getattr(admission, name) for name in names}
        self.events.publish("admission.granted", **facts, admission=admission.id, **granted)
        return admission

    async def _admit(self, stores: Stores, request: AdmissionRequest, now: datetime) -> Admission:
        booking = await self._booking(stores, request, now)
        if booking is not None:
            pool = await self._locked(stores, booking.pool)
            # It may have been changed while we waited for the lock.
            booking = await self._mine(stores, booking.id, request)
            admission = await self._booked(stores, booking, pool, request, now)
        else:
            pool = await self._locked(stores, EMBEDDED)
            admission = await self._walk_in(stores, pool, request, now)
        await stores.admissions.add(admission)
        return admission

    async def _locked(self, stores: Stores, name: str) -> Pool:
        return self._known(await stores.pools.lock(name), name)

    async def _booking(
        self, stores: Stores, request: AdmissionRequest, now: datetime
    ) -> Booking | None:
        """Return the booking that a session is for; None: it is without one."""
        if request.booking is not None:
            return await self._mine(stores, request.booking, request)
        fitting, in_use = [], None
        for identifier in await stores.spans.bookings_on(request.account, now):
            booking = await self._mine(stores, identifier, request)
            if request.package not in {None, booking.package}:
                continue
            try:
                await self._check_not_in_use(stores, booking, request)
                fitting.append(booking)
            except BookingInUseError as used:
                in_use = used
        found = largest(fitting)
        if found is None and in_use is not None and not await self._may_walk_in(stores, request):
            raise in_use
        return found

    async def _may_walk_in(self, stores: Stores, request: AdmissionRequest) -> bool:
        return request.package is None or is_allowed(
            await self._package(stores, request.package), request
        )

    async def _mine(self, stores: Stores, identifier: str, request: AdmissionRequest) -> Booking:
        booking = await stores.bookings.get(identifier)
        if booking is None or booking.account != request.account:
            raise NotFound(f"There is no booking {identifier} of {request.account}.")
        return booking

    async def _check_not_in_use(
        self, stores: Stores, booking: Booking, request: AdmissionRequest
    ) -> None:
        check_not_in_use(booking, request, await stores.admissions.of_booking(booking.id))

    async def _booked(
        self, stores: Stores, booking: Booking, pool: Pool, request: AdmissionRequest, now: datetime
    ) -> Admission:
        until = check_on(booking, request, now)
        await self._check_not_in_use(stores, booking, request)
        cluster = check_cluster(pool)
        await self._make_way(stores, request)
        room = await self.rooms.room(stores, pool, now)
        freed_at = await stores.admissions.next_end(pool.name, now)
        check_booked_room(booking, room, pool, now, freed_at)
        await stores.spans.use(booking.id, now)
        return _admission(
            request,
            now,
            package=booking.package,
            sharing=booking.sharing,
            pool=pool.name,
            cluster=cluster,
            limits=booking.limits,
            until=until,
            booking=booking.id,
        )

    async def _walk_in(
        self, stores: Stores, pool: Pool, request: AdmissionRequest, now: datetime
    ) -> Admission:
        packages = await stores.packages.all()
        package = await self._wanted(stores, request, packages)
        if not is_allowed(package, request):
            check_allowed(package, request, await self._hint(stores, package, request, now))
        cluster = check_cluster(pool)
        await self._make_way(stores, request)
        room = await self.rooms.room(stores, pool, now)
        frees = (now, await self.rooms.next_end(stores, pool, now))
        seconds = self.config.session_seconds.get(request.level)
        return _admission(
            request,
            now,
            package=package.name,
            sharing=Sharing.SHARED,
            pool=pool.name,
            cluster=cluster,
            limits=package.limits,
            until=now + timedelta(seconds=seconds) if seconds else None,
            is_interruptible=check_walk_in_room(package, room, pool, request, packages, frees),
        )

    async def _make_way(self, stores: Stores, request: AdmissionRequest) -> None:
        """Refuse one session too many; what the same server had before counts no longer."""
        others = await stores.admissions.servers(request.account)
        check_sessions(request, sorted(others - {request.server}))
        earlier = await stores.admissions.of_server(request.account, request.server)
        if earlier is not None:
            await stores.admissions.remove(earlier.id)

    async def _hint(
        self, stores: Stores, package: Package, request: AdmissionRequest, now: datetime
    ) -> str:
        """Say when and where a package can be booked that cannot be started without."""
        calendar = self._page("booking/calendar")
        level = package.bookable_from_level
        if level is None:
            return "Start a smaller one, or ask the administrators."
        if request.level < level:
            return f"Start a smaller one; it can be booked from level {level.word} on: {calendar}"
        then = await self.rooms.next_bookable(stores, package, now)
        if then is None:
            return f"Book it for when you need it (nothing is free in the next days): {calendar}"
        when = "now" if then <= now else f"{then:%Y-%m-%d %H:%M} UTC"
        return f"Book it; it is free from {when} on: {calendar}"

    async def _wanted(
        self, stores: Stores, request: AdmissionRequest, packages: list[Package]
    ) -> Package:
        if request.package is not None:
            return await self._package(stores, request.package)
        usual = await stores.packages.default(request.level)
        package = default_of(usual, request, packages)
        if package is None:
            raise PackageNotAllowedError(
                f"There is no package that {request.account} may start. Book one, or ask the "
                "administrators."
            )
        return package

    async def page(
        self, actor: Actor, window: Window, accounts: Collection[str] = ()
    ) -> Batch[Admission]:
        """Return a part of the sessions let in, of all whom the actor may see or of those named."""
        for account in accounts:
            if account != actor.name:
                actor.require(READ_ADMISSIONS, owner=account)
        seen = accounts or (None if actor.holds(READ_ADMISSIONS) else [actor.name])
        async with self.reading() as stores:
            return await stores.admissions.page(window, seen)

    async def get(self, actor: Actor, identifier: str) -> Admission:
        """Return an admission."""
        async with self.reading() as stores:
            admission = await stores.admissions.get(identifier)
        if admission is None or not actor.holds(READ_ADMISSIONS, owner=admission.account):
            raise NotFound(f"There is no admission {identifier} now, or it is not yours.")
        return admission

    async def release(self, actor: Actor, identifier: str) -> None:
        """Say that a session has ended; saying it again is no error."""
        actor.require(WRITE_ADMISSIONS)
        await self.free(identifier, reason=f"said so by {actor.name}")

    async def free(self, identifier: str, reason: str) -> None:
        """Count a session no longer."""
        async with self.writing() as stores:
            admission = await stores.admissions.get(identifier)
            if admission is None or not await stores.admissions.remove(identifier):
                return
            if admission.booking is not None:
                await stores.spans.use(admission.booking, utcnow())
        facts = {"admission": identifier, "account": admission.account, "server": admission.server}
        self.events.publish("admission.released", **facts, reason=reason)


def _admission(request: AdmissionRequest, now: datetime, **granted: Any) -> Admission:
    # A new id each time: the late release of a session before must not free this one.
    who = {"account": request.account, "level": request.level, "server": request.server}
    return Admission(id=secrets.token_hex(16), admitted_at=now, **who, **granted)
