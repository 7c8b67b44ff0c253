"""Client of the booking service."""

from __future__ import annotations

from typing import Any

from aglais_hub.client.bookings import BookingMethods
from aglais_hub.client.capacities import CapacityMethods
from aglais_hub.models import Model
from aglais_hub.models.availability import Availability, AvailabilityRequest
from aglais_hub.models.booking import (
    Admission,
    AdmissionRequest,
    Package,
    PackageEdit,
)
from aglais_hub.models.feeds import Feed, NewFeed
from aglais_hub.models.leases import BookingLease

__all__ = ["BookingClient"]


class BookingClient(BookingMethods, CapacityMethods):
    """Packages, pools, bookings and admissions."""

    title = "The booking service"

    async def packages(self) -> list[Package]:
        """Return all packages."""
        return await self.list(Package, "packages")

    async def package(self, name: str) -> Package:
        """Return a package."""
        return await self.get(Package, f"packages/{name}")

    async def edit_package(self, name: str, edit: PackageEdit) -> Package:
        """Change a package, for sessions that start from now on."""
        return await self.post(Package, f"packages/{name}", edit)

    async def create_package(self, package: Package) -> Package:
        """Make a package."""
        return await self.post(Package, "packages", package)

    async def delete_package(self, name: str) -> None:
        """Delete a package; sessions and bookings of it keep what they were promised."""
        await self.request("DELETE", f"packages/{name}")

    async def admit(self, request: AdmissionRequest) -> Admission:
        """Ask whether an account may start a session now; counted if so."""
        return await self.post(Admission, "admissions", request)

    async def admission(self, identifier: str) -> Admission:
        """Return an admission."""
        return await self.get(Admission, f"admissions/{identifier}")

    async def admissions(self, *accounts: str) -> list[Admission]:
        """Return the admissions that count now, of all or of some accounts (at most 200)."""
        query = {"account": accounts} if accounts else {}
        return await self.list(Admission, "admissions", **query)

    async def release(self, admission: str) -> None:
        """Say that an admitted session has ended; saying it again is no error."""
        await self.request("POST", f"admissions/{admission}/release")

    async def availability(self, request: AvailabilityRequest) -> Availability:
        """Return what of the packages is available when."""
        answer = await self.request("GET", "availability", query=_asked(request))
        return Availability.model_validate_json(answer.content)

    async def availability_text(self, request: AvailabilityRequest) -> str:
        """Return it as a picture in text."""
        return (await self.request("GET", "availability.txt", query=_asked(request))).text

    async def make_feed(self) -> NewFeed:
        """Make one's own calendar feed; the one before stops working."""
        return await self.post(NewFeed, "feeds", {})

    async def feeds(self, *accounts: str) -> list[Feed]:
        """Return who has a calendar feed, of all or of some accounts (at most 200)."""
        query = {"account": accounts} if accounts else {}
        return await self.list(Feed, "feeds", **query)

    async def feed(self, account: str) -> Feed:
        """Return that an account has a calendar feed, and since when."""
        return await self.get(Feed, f"feeds/{account}")

    async def revoke_feed(self, account: str) -> None:
        """Let nobody read an account's calendar feed any more."""
        await self.request("DELETE", f"feeds/{account}")

    async def leases(self, *accounts: str) -> list[BookingLease]:
        """Return the leases at the cloud behind the bookings of all, or of some accounts."""
        query = {"account": accounts} if accounts else {}
        return await self.list(BookingLease, "leases", **query)


def _asked(request: Model) -> dict[str, Any]:
    """Return a query's parameters: what was said, in the words of the API."""
    return request.model_dump(mode="json", exclude_unset=True, exclude_none=True, by_alias=True)
