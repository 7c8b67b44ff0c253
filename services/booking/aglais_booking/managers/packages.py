"""Which packages there are."""

from __future__ import annotations

from aglais_booking.managers.base import WRITE_PACKAGES, BookingsManager
from aglais_booking.refusals import DefaultNeededError, PackageExistsError
from aglais_booking.rules.packages import check_package
from aglais_hub.identity import Actor
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import Package, PackageEdit
from aglais_hub.versions import require_version

__all__ = ["PackageManager"]


class PackageManager(BookingsManager):
    """Decides on packages."""

    async def all(self) -> list[Package]:
        """Return all packages; no secret."""
        async with self.reading() as stores:
            return await stores.packages.all()

    async def get(self, name: str) -> Package:
        """Return a package; no secret."""
        async with self.reading() as stores:
            return await self._package(stores, name)

    async def create(self, actor: Actor, package: Package) -> Package:
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

    async def edit(
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

    async def delete(self, actor: Actor, name: str, version: str | None) -> None:
        """Delete a package; sessions and bookings of it keep what they were promised.

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
