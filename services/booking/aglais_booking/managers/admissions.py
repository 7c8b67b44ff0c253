"""Which sessions are let in."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta

from aglais_booking.managers.base import (
    EMBEDDED,
    READ_ADMISSIONS,
    WRITE_ADMISSIONS,
    BookingsManager,
    Stores,
)
from aglais_booking.managers.pools import PoolManager
from aglais_booking.refusals import PackageNotAllowedError
from aglais_booking.rules.packages import (
    check_allowed,
    check_room,
    check_sessions,
    default_of,
    usage_of,
)
from aglais_hub.errors import AglaisError, NotFound
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Admission, AdmissionRequest, Package, Sharing
from aglais_hub.paging import Batch, Window
from aglais_hub.service import Context

__all__ = ["AdmissionManager"]


class AdmissionManager(BookingsManager):
    """Decides who may start a session now."""

    def __init__(self, context: Context, pools: PoolManager) -> None:
        super().__init__(context)
        self.pools = pools

    async def admit(self, actor: Actor, request: AdmissionRequest) -> Admission:
        """Let a session in, if it may be and there is room.

        Whoever asks answers for what the account may: its level, packages and sessions at once.

        The same account and server again take the place of their earlier admission.

        Raises
        ------
        UnknownPackageError, PackageNotAllowedError, SessionLimitError
            It may not be let in; nothing is counted.
        PackageTooLargeError, NoRoomError
            There is no room; nothing is counted.
        """
        actor.require(WRITE_ADMISSIONS)
        await self.pools.ensure()
        facts = {"account": request.account, "server": request.server, "level": request.level}
        try:
            async with self.writing() as stores:
                admission = await self._admit(stores, request)
        except AglaisError as no:
            asked = request.package or "default"
            self.events.publish("admission.refused", **facts, package=asked, code=no.code)
            raise
        granted = {"admission": admission.id, "package": admission.package, "pool": admission.pool}
        self.events.publish("admission.granted", **facts, **granted)
        return admission

    async def _admit(self, stores: Stores, request: AdmissionRequest) -> Admission:
        pool = self._known(await stores.pools.lock(EMBEDDED), EMBEDDED)
        package = await self._wanted(stores, request)
        check_allowed(package, request)
        others = await stores.admissions.servers(request.account)
        check_sessions(request, sorted(others - {request.server}))
        earlier = await stores.admissions.of_server(request.account, request.server)
        if earlier is not None:
            await stores.admissions.remove(earlier.id)
        usage = usage_of(pool, *await stores.admissions.promised(pool.name))
        check_room(package, pool, usage, request, await stores.packages.all())
        admission = self._admission(request, package)
        await stores.admissions.add(admission)
        return admission

    def _admission(self, request: AdmissionRequest, package: Package) -> Admission:
        now = utcnow()
        seconds = self.config.session_seconds.get(request.level)
        return Admission(
            # A new one each time: the late release of a session before must not free this one.
            id=secrets.token_hex(16),
            account=request.account,
            level=request.level,
            server=request.server,
            package=package.name,
            sharing=Sharing.SHARED,
            pool=EMBEDDED,
            cluster=EMBEDDED,
            limits=package.limits,
            admitted_at=now,
            until=now + timedelta(seconds=seconds) if seconds else None,
        )

    async def _wanted(self, stores: Stores, request: AdmissionRequest) -> Package:
        if request.package is not None:
            return await self._package(stores, request.package)
        usual = await stores.packages.default(request.level)
        package = default_of(usual, request, await stores.packages.all())
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
        facts = {"admission": identifier, "account": admission.account, "server": admission.server}
        self.events.publish("admission.released", **facts, reason=reason)
