"""Pages of the booking service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aglais_booking.manager import WRITE_ADMISSIONS, WRITE_PACKAGES, WRITE_POOLS, BookingManager
from aglais_hub.models.booking import Admission, Package, PackageEdit, Pool, PoolEdit, PoolUsage
from aglais_hub.service import Route
from aglais_hub.web.actions import ActionPage, CreatorPage
from aglais_hub.web.pages import CollectionPage, EditorPage, ThingPage
from aglais_hub.web.show import size

__all__ = ["PAGES"]


class PackagesPage(CollectionPage):
    """All packages."""

    manager: BookingManager
    title, plural, create_scope = "Packages", "packages", WRITE_PACKAGES
    columns = (
        "name",
        "title",
        "total_cores",
        "total_memory_bytes",
        "startable_from_level",
        "default_from_level",
    )

    async def things(self) -> tuple[Sequence[Package], int]:
        """Return them."""
        return self.part(await self.manager.packages())


class PackageCreator(CreatorPage):
    """The form that makes a package."""

    manager: BookingManager
    title, model, create_scope = "New package", Package, WRITE_PACKAGES

    async def create(self, request: Package) -> str:
        """Make it."""
        return (await self.manager.create_package(self.actor, request)).name


class PackagePage(ThingPage):
    """A package."""

    manager: BookingManager
    title, edit_scope, act_scope = "Package", WRITE_PACKAGES, WRITE_PACKAGES
    actions = (("Delete", "delete"),)

    async def thing(self, name: str) -> Package:  # type: ignore[override]
        """Return it."""
        return await self.manager.package(name)


class PackageEditor(EditorPage):
    """The form that edits a package."""

    manager: BookingManager
    title, model, edit_scope = "Edit package", PackageEdit, WRITE_PACKAGES

    async def thing(self, name: str) -> Package:  # type: ignore[override]
        """Return it."""
        return await self.manager.package(name)

    async def save(self, edit: PackageEdit, version: str | None, name: str) -> Package:  # type: ignore[override]
        """Save it."""
        return await self.manager.edit_package(self.actor, name, edit, version)


class PackageDelete(ActionPage):
    """The question before a package is deleted."""

    manager: BookingManager
    title, verb, act_scope = "Delete package", "Delete", WRITE_PACKAGES
    question = "Nobody can start it any more. Sessions that run in it now go on undisturbed."

    async def act(self, name: str) -> None:  # type: ignore[override]
        """Delete it."""
        await self.manager.delete_package(self.actor, name, None)


class PoolsPage(CollectionPage):
    """All pools."""

    manager: BookingManager
    title, plural = "Pools", "pools"
    columns = ("name", "resources", "core_overcommit")

    async def things(self) -> tuple[Sequence[Pool], int]:
        """Return them."""
        return self.part(await self.manager.pools())


class PoolPage(ThingPage):
    """A pool, and how full it is."""

    manager: BookingManager
    title, edit_scope, template = "Pool", WRITE_POOLS, "own/pool.html"

    async def thing(self, name: str) -> Pool:  # type: ignore[override]
        """Return it."""
        return await self.manager.pool(name)

    async def besides(self, name: str) -> dict[str, Any]:  # type: ignore[override]
        """Return how full it is."""
        usage = await self.manager.usage(name)
        return {"usage": usage, "bars": bars_of(usage)}


@dataclass(frozen=True)
class Bar:
    """How much of one resource is promised."""

    label: str
    percent: int
    text: str

    @property
    def colour(self) -> str:
        """Bootstrap's name of the colour: green, yellow when little is left, red when none."""
        return (
            "danger" if self.percent >= FULL else "warning" if self.percent >= TIGHT else "success"
        )


TIGHT, FULL = 75, 95
"""Percent from which on a bar warns."""


def bars_of(usage: PoolUsage) -> list[Bar]:
    """Return the bars of a pool: promised of what can be promised."""
    promised, promisable, free = usage.promised, usage.promisable, usage.free
    return [
        Bar(
            "Cores",
            _percent(promised.cores, promisable.cores),
            f"{promised.cores:.4g} of {promisable.cores:.4g} cores promised "
            f"({usage.physical.cores:.4g} physical), {free.cores:.4g} free",
        ),
        Bar(
            "Memory",
            _percent(promised.memory_bytes, promisable.memory_bytes),
            f"{size(promised.memory_bytes)} of {size(promisable.memory_bytes)} promised, "
            f"{size(free.memory_bytes)} free",
        ),
    ]


def _percent(part: float, whole: float) -> int:
    return min(100, round(100 * part / whole)) if whole else 100


class PoolEditor(EditorPage):
    """The form that edits a pool."""

    manager: BookingManager
    title, model, edit_scope = "Edit pool", PoolEdit, WRITE_POOLS

    async def thing(self, name: str) -> Pool:  # type: ignore[override]
        """Return it."""
        return await self.manager.pool(name)

    async def save(self, edit: PoolEdit, version: str | None, name: str) -> Pool:  # type: ignore[override]
        """Save it."""
        return await self.manager.edit_pool(self.actor, name, edit, version)


class AdmissionsPage(CollectionPage):
    """All sessions that were let in, or one's own."""

    manager: BookingManager
    title, plural, key = "Admissions", "admissions", "id"
    columns = ("account", "package", "server", "admitted_at", "until")

    async def things(self) -> tuple[Sequence[Admission], int]:
        """Return those that the user may see."""
        return await self.manager.admissions(self.actor, *self.window())


class AdmissionPage(ThingPage):
    """A session that was let in."""

    manager: BookingManager
    title, act_scope = "Admission", WRITE_ADMISSIONS
    actions = (("Release", "release"),)

    async def thing(self, identifier: str) -> Admission:  # type: ignore[override]
        """Return it."""
        return await self.manager.admission(self.actor, identifier)


class AdmissionRelease(ActionPage):
    """The question before an admission is released by hand."""

    manager: BookingManager
    title, verb, act_scope = "Release admission", "Release", WRITE_ADMISSIONS
    question = (
        "Its cores and memory can be promised to others at once. This does not stop the "
        "session: release it only if the session is gone."
    )

    async def act(self, identifier: str) -> None:  # type: ignore[override]
        """Release it."""
        await self.manager.release(self.actor, identifier)


PAGES = (
    Route("packages", PackagesPage),
    Route("packages/new", PackageCreator),
    Route("packages/{name}", PackagePage),
    Route("packages/{name}/edit", PackageEditor),
    Route("packages/{name}/delete", PackageDelete),
    Route("pools", PoolsPage),
    Route("pools/{name}", PoolPage),
    Route("pools/{name}/edit", PoolEditor),
    Route("admissions", AdmissionsPage),
    Route("admissions/{identifier}", AdmissionPage),
    Route("admissions/{identifier}/release", AdmissionRelease),
)
