"""Which packages and pools there are, and which sessions are let in."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta

from aglais_booking.config import BookingConfig
from aglais_booking.refusals import (
    DefaultNeededError,
    PackageExistsError,
    PackageNotAllowedError,
    UnknownPackageError,
)
from aglais_booking.rules import (
    check_allowed,
    check_package,
    check_room,
    check_sessions,
    default_of,
    usage_of,
)
from aglais_booking.stores import AdmissionStore, PackageStore, PoolStore
from aglais_hub.errors import AglaisError, NotFound
from aglais_hub.identity import Actor, scope
from aglais_hub.manager import Manager, store
from aglais_hub.manager import Stores as BaseStores
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import (
    Admission,
    AdmissionRequest,
    Machines,
    Package,
    PackageEdit,
    Pool,
    PoolEdit,
    PoolUsage,
    Sharing,
)
from aglais_hub.service import Context
from aglais_hub.versions import require_version

__all__ = [
    "READ_ADMISSIONS",
    "READ_PACKAGES",
    "READ_POOLS",
    "WRITE_ADMISSIONS",
    "WRITE_PACKAGES",
    "WRITE_POOLS",
    "BookingManager",
]

READ_PACKAGES, WRITE_PACKAGES = scope("read", "packages"), scope("write", "packages")
READ_POOLS, WRITE_POOLS = scope("read", "pools"), scope("write", "pools")
READ_ADMISSIONS, WRITE_ADMISSIONS = scope("read", "admissions"), scope("write", "admissions")

EMBEDDED = "embedded"
"""The pool, and the place, that this machine is."""


class Stores(BaseStores):
    """The stores of this service."""

    packages = store(PackageStore)
    pools = store(PoolStore)
    admissions = store(AdmissionStore)


class BookingManager(Manager[Stores]):
    """Decides on packages, pools and admissions: permission, then rule, in one transaction."""

    stores = Stores

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.config: BookingConfig = context.config

    async def packages(self) -> list[Package]:
        """Return all packages; no secret."""
        async with self.reading() as stores:
            return await stores.packages.all()

    async def package(self, name: str) -> Package:
        """Return a package; no secret."""
        async with self.reading() as stores:
            return await self._package(stores, name)

    async def create_package(self, actor: Actor, package: Package) -> Package:
        """Make a package.

        Raises
        ------
        PackageExistsError
            The name is taken.
        """
        actor.require(WRITE_PACKAGES)
        check_package(package)
        async with self.writing() as stores:
            await stores.packages.lock()
            if not await stores.packages.add(package):
                raise PackageExistsError(f"There is a package {package.name} already; edit it.")
        self.events.publish("package.changed", package=package.name, by=actor.name, change="made")
        return package

    async def edit_package(
        self, actor: Actor, name: str, edit: PackageEdit, version: str | None
    ) -> Package:
        """Change a package, for sessions that start from now on.

        Raises
        ------
        DefaultNeededError
            A level would be left without a default.
        """
        actor.require(WRITE_PACKAGES)
        check_package(edit)
        async with self.writing() as stores:
            await stores.packages.lock()
            require_version(await self._package(stores, name), version)
            package = Package(name=name, **dict(edit))
            await stores.packages.save(package)
            if await stores.packages.default(Level.ANONYMOUS) is None:
                raise DefaultNeededError(
                    "Level 0 needs a package that it gets when it asks for none; "
                    "make another package that default first."
                )
        self.events.publish("package.changed", package=name, by=actor.name, change="edited")
        return package

    async def delete_package(self, actor: Actor, name: str, version: str | None) -> None:
        """Delete a package; sessions that run in it keep what they were promised.

        Raises
        ------
        DefaultNeededError
            It is a level's default.
        """
        actor.require(WRITE_PACKAGES)
        async with self.writing() as stores:
            await stores.packages.lock()
            package = await self._package(stores, name)
            require_version(package, version)
            if package.default_from_level is not None:
                raise DefaultNeededError(
                    f"Package {name} is the default from level {package.default_from_level.value} "
                    "on; make another package that default first."
                )
            await stores.packages.remove(name)
        self.events.publish("package.changed", package=name, by=actor.name, change="deleted")

    async def pools(self) -> list[Pool]:
        """Return all pools; no secret."""
        await self._ensure_pool()
        async with self.reading() as stores:
            return await stores.pools.all()

    async def pool(self, name: str) -> Pool:
        """Return a pool; no secret."""
        await self._ensure_pool()
        async with self.reading() as stores:
            return self._known(await stores.pools.get(name), name)

    async def usage(self, name: str) -> PoolUsage:
        """Return what of a pool is in use; no secret."""
        pool = await self.pool(name)
        async with self.reading() as stores:
            return usage_of(pool, *await stores.admissions.promised(name))

    async def edit_pool(self, actor: Actor, name: str, edit: PoolEdit, version: str | None) -> Pool:
        """Change a pool; it may shrink below what is in use, which only lets nobody else in."""
        actor.require(WRITE_POOLS)
        await self._ensure_pool()
        async with self.writing() as stores:
            require_version(self._known(await stores.pools.lock(name), name), version)
            pool = Pool(name=name, **dict(edit))
            await stores.pools.save(pool)
        self.events.publish("pool.changed", pool=name, by=actor.name)
        return pool

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
        await self._ensure_pool()
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

    async def admissions(
        self, actor: Actor, offset: int, limit: int, accounts: Collection[str] = ()
    ) -> tuple[list[Admission], int]:
        """Return the sessions that were let in, of all whom the actor may see, or those named."""
        for account in accounts:
            if account != actor.name:
                actor.require(READ_ADMISSIONS, owner=account)
        seen = accounts or (None if actor.holds(READ_ADMISSIONS) else [actor.name])
        async with self.reading() as stores:
            return await stores.admissions.page(offset, limit, seen)

    async def admission(self, actor: Actor, identifier: str) -> Admission:
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

    async def _ensure_pool(self) -> None:
        """Make the pool of this machine if there is none yet."""
        async with self.reading() as stores:
            if await stores.pools.get(EMBEDDED) is not None:
                return
        resources = Machines(
            cores=self.config.embedded_cores, memory_bytes=self.config.embedded_memory_bytes
        )
        overcommit = self.config.embedded_core_overcommit
        pool = Pool(name=EMBEDDED, resources=resources, core_overcommit=overcommit)
        async with self.writing() as stores:
            await stores.pools.add(pool)

    async def _package(self, stores: Stores, name: str) -> Package:
        package = await stores.packages.get(name)
        if package is None:
            names = ", ".join(one.name for one in await stores.packages.all())
            raise UnknownPackageError(f"There is no package {name}; there are {names}.")
        return package

    def _known(self, pool: Pool | None, name: str) -> Pool:
        if pool is None:
            raise NotFound(f"There is no pool {name}.")
        return pool
