"""Leases at a real Blazar, found by Keystone's catalog."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from aglais_booking.blazar.base import (
    BlazarAwayError,
    Lease,
    LeaseRefusedError,
    NoBlazarError,
    Reservations,
    WantedLease,
)
from aglais_booking.cloud import Cloud, CloudAnswer
from aglais_hub.models import utcnow

__all__ = ["OpenStackReservations"]

SERVICE = "reservation"
MINUTES = "%Y-%m-%d %H:%M"
"""How Blazar reads times: UTC, and no seconds."""

HOSTS, FLAVORS = "physical:host", "flavor:instance"

REFUSED_WORDS = ("not enough",)
"""Blazar's own refusals that come with status 500: 'Not enough hosts available'."""

MIB = 2**20


class OpenStackReservations(Reservations):
    """Leases of a project.

    Parameters
    ----------
    cloud
        Logged in to.
    resource
        ``physical:host`` or ``flavor:instance``.
    flavor
        Id of the flavor, for the latter.
    properties
        What hosts must have, in Blazar's own words, such as ``[">=", "$vcpus", "64"]``.
    """

    def __init__(self, cloud: Cloud, resource: str, flavor: str = "", properties: str = "") -> None:
        self.cloud = cloud
        self.resource = resource
        self.flavor = flavor
        self.properties = properties

    async def is_offered(self) -> bool:
        """Look into the catalog."""
        return await self.cloud.address(SERVICE) is not None

    async def project(self) -> str:
        """Return the id of the project."""
        return await self.cloud.project()

    async def sees_all(self) -> bool:
        """Administrators see all."""
        return "admin" in await self.cloud.roles()

    def can_change(self, lease: Lease) -> bool:
        """Servers can be changed only once they have started.

        Until then Blazar hides their flavor from who is no administrator, does not find it itself
        when the lease is changed, and leaves the lease in ERROR.
        """
        return super().can_change(lease) and (self.resource == HOSTS or lease.status == "ACTIVE")

    async def leases(self) -> list[Lease]:
        """Return all leases."""
        answer = await self._ask("GET", "/leases")
        return [_lease(one) for one in _done(answer)["leases"]]

    async def create(self, wanted: WantedLease) -> Lease:
        """Make a lease; it starts now if it should have started already."""
        start = "now" if wanted.starts_at <= utcnow() else f"{wanted.starts_at:{MINUTES}}"
        body = {
            "name": wanted.name,
            "start_date": start,
            "end_date": f"{wanted.ends_at:{MINUTES}}",
            "reservations": [self._reservation(wanted.units)],
            "events": [],
        }
        return _lease(_done(await self._ask("POST", "/leases", body))["lease"])

    def _reservation(self, units: int) -> dict[str, Any]:
        if self.resource == FLAVORS:
            kind: dict[str, Any] = {"amount": units, "flavor_id": self.flavor, "affinity": None}
        else:
            kind = {
                "min": units, "max": units, "before_end": "default",
                "hypervisor_properties": self.properties, "resource_properties": "",
            }  # fmt: skip
        return {"resource_type": self.resource, **kind}

    async def change(self, lease: str, starts_at: datetime | None, ends_at: datetime) -> None:
        """Give a lease other times."""
        body = {"end_date": f"{ends_at:{MINUTES}}"}
        if starts_at is not None:
            body["start_date"] = f"{starts_at:{MINUTES}}"
        _done(await self._ask("PUT", f"/leases/{lease}", body))

    async def delete(self, lease: str) -> None:
        """End a lease."""
        answer = await self._ask("DELETE", f"/leases/{lease}")
        if answer.status != HTTPStatus.NOT_FOUND:
            _done(answer)

    async def flavor_size(self, flavor: str) -> tuple[float, int]:
        """Ask Nova."""
        address = await self.cloud.address("compute")
        found = _done(await self.cloud.request("GET", f"{address}/flavors/{flavor}"))["flavor"]
        return found["vcpus"], found["ram"] * MIB

    async def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> CloudAnswer:
        address = await self.cloud.address(SERVICE)
        if address is None:
            raise NoBlazarError(f"The cloud {self.cloud.name} has no reservation service.")
        return await self.cloud.request(method, f"{_first_version(address)}{path}", body)


def _first_version(address: str) -> str:
    """Return the address of the API that works: /leases of Blazar's second one does not."""
    root = address.rstrip("/").removesuffix("/v1").removesuffix("/v2")
    return f"{root}/v1"


def _done(answer: CloudAnswer) -> Any:
    """Return what an answer holds.

    Raises
    ------
    LeaseRefusedError, BlazarAwayError
        It is none of success.
    """
    if answer.status < HTTPStatus.BAD_REQUEST:
        return answer.body
    said = _reason(answer.body)
    is_no = any(word in said.lower() for word in REFUSED_WORDS)
    if is_no or (answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and not _is_login(answer)):
        raise LeaseRefusedError(said or f"status {answer.status}")
    raise BlazarAwayError(said or f"Blazar answered with status {answer.status}.")


def _is_login(answer: CloudAnswer) -> bool:
    return answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}


def _reason(body: Any) -> str:
    return str(body.get("error_message") or "") if isinstance(body, dict) else ""


def _lease(found: Mapping[str, Any]) -> Lease:
    return Lease(
        id=found["id"],
        name=found["name"],
        project=found["project_id"],
        starts_at=_moment(found["start_date"]),
        ends_at=_moment(found["end_date"]),
        status=found["status"] or "",
        made_at=_moment(found["created_at"]),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
