"""Capacity read from OpenStack: what its hosts have, or what the project may use."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol

from aglais_booking.capacity_sources.base import CapacitySource, Reading, UnreadableError
from aglais_hub.models.booking import Machines, Pool

__all__ = ["HostSource", "QuotaSource"]

MIB, GIB = 2**20, 2**30
AT_ONCE = 8
"""Hosts that Placement is asked about at once."""

CORES = ("VCPU", "PCPU")
"""Placement's classes of cores: shared ones, and pinned ones."""


class Answered(Protocol):
    """An answer of the cloud."""

    @property
    def status(self) -> int:
        """Of HTTP."""

    @property
    def body(self) -> Any:
        """The JSON in it."""


class Cloud(Protocol):
    """What is asked of a cloud."""

    async def address(self, service: str) -> str | None:
        """Return what the catalog says of a kind of service."""

    async def project(self) -> str:
        """Return the id of the project."""

    async def request(self, method: str, url: str) -> Answered:
        """Send a request."""


class OpenStackSource(CapacitySource):
    """What both ways of asking OpenStack share."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    async def _get(self, service: str, path: str) -> Any:
        answer = await self._try(service, path)
        if answer.status != 200:
            raise UnreadableError(
                f"OpenStack's {service} answered {answer.status} to GET {path}; the user of the "
                "cloud in clouds.yaml may need the right to read that."
            )
        return answer.body

    async def _try(self, service: str, path: str) -> Answered:
        address = await self.cloud.address(service)
        if address is None:
            raise UnreadableError(f"The cloud's catalog has no service {service}.")
        return await self.cloud.request("GET", f"{address.rstrip('/')}{path}")


class HostSource(OpenStackSource):
    """Adds up the inventories that Placement keeps of hosts, less what hosts keep for themselves.

    Allocation ratios are left out: how often a core is promised, the pool says. Hosts that are
    down or disabled are not there.
    """

    async def read(self, pool: Pool) -> Reading:
        """Return what the hosts have."""
        hosts = await self._hosts(pool.aggregate)
        known = (await self._get("placement", "/resource_providers"))["resource_providers"]
        providers = [one["uuid"] for one in known if _is_of(one["name"], hosts)]
        if not providers:
            where = f" in aggregate {pool.aggregate}" if pool.aggregate else ""
            raise UnreadableError(f"OpenStack has no host{where} that is up and enabled.")
        machines = _machines(await self._inventories(providers))
        count = f"{len(hosts)} {'host' if len(hosts) == 1 else 'hosts'}"
        return Reading(machines, f"{count}: {', '.join(sorted(hosts))}"[:200])

    async def _hosts(self, aggregate: str | None) -> set[str]:
        """Return the names of the hosts that are up and enabled, as Placement has them."""
        # Without a microversion, Nova names the service of each host.
        found = (await self._get("compute", "/os-hypervisors/detail"))["hypervisors"]
        able = [one for one in found if (one["state"], one["status"]) == ("up", "enabled")]
        members = await self._members(aggregate) if aggregate else None
        return {
            one["hypervisor_hostname"]
            for one in able
            if members is None or one["service"]["host"] in members
        }

    async def _members(self, aggregate: str) -> set[str]:
        found = (await self._get("compute", "/os-aggregates"))["aggregates"]
        named = [one for one in found if one["name"] == aggregate]
        if not named:
            raise UnreadableError(f"OpenStack has no aggregate {aggregate}.")
        return set(named[0]["hosts"])

    async def _inventories(self, providers: Collection[str]) -> list[Mapping[str, Any]]:
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(provider: str) -> Mapping[str, Any]:
            async with turn:
                path = f"/resource_providers/{provider}/inventories"
                inventories: Mapping[str, Any] = (await self._get("placement", path))["inventories"]
                return inventories

        return list(await asyncio.gather(*map(one, providers)))


def _is_of(provider: str, hosts: Collection[str]) -> bool:
    """Tell whether a provider is one of the hosts, or a part of one, such as a GPU of it."""
    return provider in hosts or any(provider.startswith(f"{host}_") for host in hosts)


def _machines(inventories: Iterable[Mapping[str, Any]]) -> Machines:
    totals = {"cores": 0, "memory": 0, "disk": 0, "gpus": 0}
    for inventory in inventories:
        for kind, amount in inventory.items():
            name = _resource(kind)
            if name is not None:
                totals[name] += max(0, amount["total"] - amount["reserved"])
    return Machines(
        cores=totals["cores"],
        memory_bytes=totals["memory"] * MIB,
        disk_bytes=totals["disk"] * GIB,
        gpus=totals["gpus"],
    )


def _resource(kind: str) -> str | None:
    """Return what one of Placement's classes is here; none: it is not counted."""
    if kind in CORES:
        return "cores"
    if "GPU" in kind:
        return "gpus"
    return {"MEMORY_MB": "memory", "DISK_GB": "disk"}.get(kind)


class QuotaSource(OpenStackSource):
    """Takes what Nova lets the project use; Magnum's number of clusters is told besides."""

    async def read(self, pool: Pool) -> Reading:
        """Return what the project may use."""
        limits = (await self._get("compute", "/limits"))["limits"]["absolute"]
        cores, mebibytes = limits["maxTotalCores"], limits["maxTotalRAMSize"]
        if min(cores, mebibytes) < 0:
            raise UnreadableError(
                "Nova sets the project no bound of cores or memory; have the pool's machines read "
                "from the hosts, or enter them by hand."
            )
        machines = Machines(
            cores=cores,
            memory_bytes=mebibytes * MIB,
            disk_bytes=pool.resources.disk_bytes,
            gpus=pool.resources.gpus,
        )
        return Reading(machines, f"The project's quota at Nova{await self._clusters()}")

    async def _clusters(self) -> str:
        """Return what Magnum says of clusters; not each cloud has one, or tells."""
        if await self.cloud.address("container-infra") is None:
            return ""
        project = await self.cloud.project()
        answer = await self._try("container-infra", f"/quotas/{project}/Cluster")
        if answer.status != 200:
            return ""
        return f"; Magnum allows {answer.body['hard_limit']} clusters"
