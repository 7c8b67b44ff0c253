"""Packages: URLs of the API, and pages."""

from __future__ import annotations

from collections.abc import Sequence

from aglais_booking.handlers.base import BookingApi
from aglais_booking.managers import Managers
from aglais_booking.managers.base import READ_PACKAGES, WRITE_PACKAGES
from aglais_hub.models import Model
from aglais_hub.models.booking import Package, PackageEdit
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.actions import ActionPage, CreatorPage
from aglais_hub.web.pages import CollectionPage, EditorPage, ThingPage

__all__ = ["ROUTES"]


class Packages(BookingApi):
    """All packages."""

    @operation(Operation("List packages", READ_PACKAGES, returns=Package, many=True))
    async def get(self) -> Sequence[Model]:
        """List them."""
        return self.listed(*self.part(await self.manager.packages.all()))

    @operation(Operation("Make a package", WRITE_PACKAGES, Package, returns=Package, status=201))
    async def post(self, request: Package) -> Package:
        """Make one."""
        package = await self.manager.packages.create(self.actor, request)
        self.created("packages", package.name)
        return package


class OnePackage(BookingApi):
    """A package."""

    @operation(Operation("Return a package", READ_PACKAGES, returns=Package))
    async def get(self, name: str) -> Package:
        """Return it."""
        return await self.manager.packages.get(name)

    @operation(Operation("Change a package", WRITE_PACKAGES, PackageEdit, returns=Package))
    async def post(self, request: PackageEdit, name: str) -> Package:
        """Change it."""
        return await self.manager.packages.edit(self.actor, name, request, self.if_match)

    @operation(Operation("Delete a package", WRITE_PACKAGES, status=204))
    async def delete(self, name: str) -> None:
        """Delete it."""
        await self.manager.packages.delete(self.actor, name, self.if_match)


class PackagesPage(CollectionPage):
    """All packages."""

    manager: Managers
    title, plural, create_scope = "Packages", "packages", WRITE_PACKAGES
    columns = (
        "name",
        "title",
        "total_cores",
        "total_memory_bytes",
        "startable_from_level",
        "default_from_level",
        "bookable_from_level",
    )

    async def things(self) -> tuple[Sequence[Package], int]:
        """Return them."""
        return self.part(await self.manager.packages.all())


class PackageCreator(CreatorPage):
    """The form that makes a package."""

    manager: Managers
    title, model, create_scope = "New package", Package, WRITE_PACKAGES

    async def create(self, request: Package) -> str:
        """Make it."""
        return (await self.manager.packages.create(self.actor, request)).name


class PackagePage(ThingPage):
    """A package."""

    manager: Managers
    title, edit_scope, act_scope = "Package", WRITE_PACKAGES, WRITE_PACKAGES
    actions = (("Delete", "delete"),)

    async def thing(self, name: str) -> Package:  # type: ignore[override]
        """Return it."""
        return await self.manager.packages.get(name)


class PackageEditor(EditorPage):
    """The form that edits a package."""

    manager: Managers
    title, model, edit_scope = "Edit package", PackageEdit, WRITE_PACKAGES

    async def thing(self, name: str) -> Package:  # type: ignore[override]
        """Return it."""
        return await self.manager.packages.get(name)

    async def save(self, edit: PackageEdit, version: str | None, name: str) -> Package:  # type: ignore[override]
        """Save it."""
        return await self.manager.packages.edit(self.actor, name, edit, version)


class PackageDelete(ActionPage):
    """The question before a package is deleted."""

    manager: Managers
    title, verb, act_scope = "Delete package", "Delete", WRITE_PACKAGES
    question = (
        "Nobody can start or book it any more. Sessions that run in it now go on undisturbed, and "
        "bookings of it keep the size that they were promised."
    )

    async def act(self, name: str) -> None:  # type: ignore[override]
        """Delete it."""
        await self.manager.packages.delete(self.actor, name, None)


ROUTES = (
    Route("api/packages", Packages),
    Route("api/packages/{name}", OnePackage),
    Route("packages", PackagesPage),
    Route("packages/new", PackageCreator),
    Route("packages/{name}", PackagePage),
    Route("packages/{name}/edit", PackageEditor),
    Route("packages/{name}/delete", PackageDelete),
)
