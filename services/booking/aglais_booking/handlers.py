"""URLs of the REST API of the booking service: parse, ask the manager, answer."""

from __future__ import annotations

from collections.abc import Sequence

from aglais_booking.manager import (
    READ_ADMISSIONS,
    READ_PACKAGES,
    READ_POOLS,
    WRITE_ADMISSIONS,
    WRITE_PACKAGES,
    WRITE_POOLS,
    BookingManager,
)
from aglais_booking.pages import PAGES
from aglais_hub.models import Model
from aglais_hub.models.booking import (
    Admission,
    AdmissionRequest,
    Package,
    PackageEdit,
    Pool,
    PoolEdit,
    PoolUsage,
)
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.api import ApiHandler

__all__ = ["ROUTES"]


class BookingApi(ApiHandler):
    """Handlers of this service."""

    manager: BookingManager


class Packages(BookingApi):
    """All packages."""

    @operation(Operation("List packages", READ_PACKAGES, returns=Package, many=True))
    async def get(self) -> Sequence[Model]:
        """List them."""
        return self.listed(*self.part(await self.manager.packages()))

    @operation(Operation("Make a package", WRITE_PACKAGES, Package, returns=Package, status=201))
    async def post(self, request: Package) -> Package:
        """Make one."""
        package = await self.manager.create_package(self.actor, request)
        self.created("packages", package.name)
        return package


class OnePackage(BookingApi):
    """A package."""

    @operation(Operation("Return a package", READ_PACKAGES, returns=Package))
    async def get(self, name: str) -> Package:
        """Return it."""
        return await self.manager.package(name)

    @operation(Operation("Change a package", WRITE_PACKAGES, PackageEdit, returns=Package))
    async def post(self, request: PackageEdit, name: str) -> Package:
        """Change it."""
        return await self.manager.edit_package(self.actor, name, request, self.if_match)

    @operation(Operation("Delete a package", WRITE_PACKAGES, status=204))
    async def delete(self, name: str) -> None:
        """Delete it."""
        await self.manager.delete_package(self.actor, name, self.if_match)


class Pools(BookingApi):
    """All pools."""

    @operation(Operation("List pools", READ_POOLS, returns=Pool, many=True))
    async def get(self) -> Sequence[Model]:
        """List them."""
        return self.listed(*self.part(await self.manager.pools()))


class OnePool(BookingApi):
    """A pool."""

    @operation(Operation("Return a pool", READ_POOLS, returns=Pool))
    async def get(self, name: str) -> Pool:
        """Return it."""
        return await self.manager.pool(name)

    @operation(Operation("Change a pool", WRITE_POOLS, PoolEdit, returns=Pool))
    async def post(self, request: PoolEdit, name: str) -> Pool:
        """Change it."""
        return await self.manager.edit_pool(self.actor, name, request, self.if_match)


class Usage(BookingApi):
    """What of a pool is in use."""

    @operation(Operation("Return what of a pool is in use", READ_POOLS, returns=PoolUsage))
    async def get(self, name: str) -> PoolUsage:
        """Return it."""
        return await self.manager.usage(name)


class Admissions(BookingApi):
    """All sessions that were let in."""

    @operation(
        Operation(
            "List admissions",
            READ_ADMISSIONS,
            returns=Admission,
            many=True,
            query=("account",),
        )
    )
    async def get(self) -> Sequence[Model]:
        """List them."""
        accounts = self.named("account")
        return self.listed(*await self.manager.admissions(self.actor, *self.window(), accounts))

    @operation(
        Operation(
            "Ask whether an account may start a session now; counted if so",
            WRITE_ADMISSIONS,
            AdmissionRequest,
            returns=Admission,
            status=201,
        )
    )
    async def post(self, request: AdmissionRequest) -> Admission:
        """Let it in, or say why not."""
        admission = await self.manager.admit(self.actor, request)
        self.created("admissions", admission.id)
        return admission


class OneAdmission(BookingApi):
    """A session that was let in."""

    @operation(Operation("Return an admission", READ_ADMISSIONS, returns=Admission))
    async def get(self, identifier: str) -> Admission:
        """Return it."""
        return await self.manager.admission(self.actor, identifier)


class Release(BookingApi):
    """The end of an admission."""

    @operation(Operation("Say that a session has ended", WRITE_ADMISSIONS, status=204))
    async def post(self, identifier: str) -> None:
        """Count it no longer."""
        await self.manager.release(self.actor, identifier)


ROUTES = (
    Route("api/packages", Packages),
    Route("api/packages/{name}", OnePackage),
    Route("api/pools", Pools),
    Route("api/pools/{name}", OnePool),
    Route("api/pools/{name}/usage", Usage),
    Route("api/admissions", Admissions),
    Route("api/admissions/{identifier}", OneAdmission),
    Route("api/admissions/{identifier}/release", Release),
    *PAGES,
)
