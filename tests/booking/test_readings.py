"""Pools whose machines are read from OpenStack; the cloud is a double that says what it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from aglais_booking import service
from aglais_booking.cloud import CloudAnswer, CloudAwayError
from aglais_hub.identity import scope
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

POOLS = scope("read", "pools"), scope("write", "pools")
GIB = 2**30

HYPERVISORS = [
    {"hypervisor_hostname": f"node-{n}.example.org", "service": {"host": f"node-{n}"},
     "state": state, "status": status}
    for n, state, status in (
        (1, "up", "enabled"), (2, "up", "enabled"), (3, "down", "enabled"), (4, "up", "disabled"),
    )
]  # fmt: skip
HOST = {
    "VCPU": {"total": 64, "reserved": 2, "allocation_ratio": 16.0},
    "MEMORY_MB": {"total": 262_144, "reserved": 4096, "allocation_ratio": 1.5},
    "DISK_GB": {"total": 1000, "reserved": 0, "allocation_ratio": 1.0},
    "CUSTOM_BANDWIDTH": {"total": 1, "reserved": 0, "allocation_ratio": 1.0},
}
NAMES = [f"node-{n}.example.org" for n in (1, 2, 3, 4)]
PROVIDERS = [*NAMES, "node-2.example.org_pci_0000_41", "shared-storage"]
ABSOLUTE = {"maxTotalCores": 40, "maxTotalRAMSize": 81_920, "maxTotalInstances": -1}


class CloudDouble:
    """Answers what it has for the end of an address, and counts."""

    def __init__(self) -> None:
        self.services = {"compute": "http://c/v2.1/", "placement": "http://p", "identity": "x"}
        self.is_away = False
        self.answers: dict[str, Any] = {
            "http://c/v2.1/os-hypervisors/detail": {"hypervisors": HYPERVISORS},
            "http://c/v2.1/os-aggregates": {
                "aggregates": [{"name": "gpus", "hosts": ["node-2", "node-3"]}]
            },
            "http://c/v2.1/limits": {"limits": {"absolute": ABSOLUTE}},
            "http://p/resource_providers": {
                "resource_providers": [{"uuid": name, "name": name} for name in PROVIDERS]
            },
            **{
                f"http://p/resource_providers/{name}/inventories": {"inventories": HOST}
                for name in NAMES
            },
            f"http://p/resource_providers/{PROVIDERS[4]}/inventories": {
                "inventories": {"PGPU": {"total": 2, "reserved": 0, "allocation_ratio": 1.0}}
            },
        }

    async def address(self, service: str) -> str | None:
        if self.is_away:
            raise CloudAwayError("The cloud test does not answer.")
        return self.services.get(service)

    async def project(self) -> str:
        return "project-1"

    async def request(self, method: str, url: str) -> CloudAnswer:
        assert method == "GET"
        return CloudAnswer(200 if url in self.answers else 403, self.answers.get(url))


@pytest.fixture
async def booking(database_url: str, hub: HubDouble) -> AsyncIterator[RunningService]:
    async with running(service, database_url, hub) as service_:
        yield service_


async def made(booking: RunningService, source: str, **given: str) -> CloudDouble:
    """Make a pool that is read from a cloud, and return that."""
    cloud = CloudDouble()
    booking.process.manager.readings.cloud = cloud
    form = {
        "name": "nodes", "resources.cores": "0", "resources.memory_bytes": "0",
        "core_overcommit": "2", "kept_percent": "0", "source": source,
    }  # fmt: skip
    async with booking.program(*POOLS) as api:
        answer = await api.post("pools", data=form | given)
        assert answer.status_code == 201, answer.text
    return cloud


async def read(booking: RunningService) -> dict[str, Any]:
    await booking.process.manager.readings.read()
    async with booking.program(*POOLS) as api:
        pool: dict[str, Any] = (await api.get("pools/nodes")).json()
    return pool


async def bookable(booking: RunningService) -> dict[str, Any]:
    async with booking.program(*POOLS) as api:
        slots = (await api.get("pools/nodes/timeline", params={"by": "hour"})).json()["slots"]
    return dict(slots[5]["bookable"])


async def test_hosts_that_are_up_are_added_up_without_allocation_ratios(
    booking: RunningService,
) -> None:
    await made(booking, "hosts")
    pool = await read(booking)
    assert pool["resources"] == {
        "cores": 124, "memory_bytes": 2 * 252 * GIB, "disk_bytes": 2000 * GIB, "gpus": 2,
    }  # fmt: skip
    assert pool["reading"] == "2 hosts: node-1.example.org, node-2.example.org"
    assert pool["read_at"] is not None
    assert pool["read_problem"] is None
    assert (await bookable(booking))["cores"] == 248


async def test_a_pool_can_be_the_hosts_of_an_aggregate(booking: RunningService) -> None:
    await made(booking, "hosts", aggregate="gpus")
    pool = await read(booking)
    assert (pool["resources"]["cores"], pool["resources"]["gpus"]) == (62, 2)
    assert pool["reading"] == "1 host: node-2.example.org"


async def test_a_projects_quota_is_what_it_may_use(booking: RunningService) -> None:
    cloud = await made(booking, "quota", **{"resources.gpus": "1"})
    first = await read(booking)
    cloud.services["container-infra"] = "http://m/v1"
    cloud.answers["http://m/v1/quotas/project-1/Cluster"] = {"hard_limit": 20}
    second = await read(booking)
    assert first["resources"] == {
        "cores": 40, "memory_bytes": 80 * GIB, "disk_bytes": None, "gpus": 1,
    }  # fmt: skip
    assert first["reading"] == "The project's quota at Nova"
    assert second["reading"] == "The project's quota at Nova; Magnum allows 20 clusters"


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("away", "The cloud test does not answer"),
        ("forbidden", "answered 403 to GET /os-hypervisors/detail"),
        ("no service", "has no service placement"),
        ("empty", "no host that is up and enabled"),
        ("odd", "something unknown"),
    ],
)
async def test_what_cannot_be_read_changes_nothing_and_is_told(
    booking: RunningService, what: str, words: str
) -> None:
    cloud = await made(booking, "hosts")
    before = await read(booking)
    detail = "http://c/v2.1/os-hypervisors/detail"
    if what == "away":
        cloud.is_away = True
    elif what == "forbidden":
        del cloud.answers[detail]
    elif what == "no service":
        del cloud.services["placement"]
    else:
        cloud.answers[detail] = {"hypervisors": [] if what == "empty" else [{}]}
    after = await read(booking)
    async with booking.browser("olga", *POOLS) as browser:
        page = (await browser.get("pools/nodes")).text
    assert words in after["read_problem"]
    assert {**after, "read_problem": None} == before
    assert "could not be read just now" in page
    assert "What is shown is from" in page
    healed = await made_well(booking)
    assert healed["read_problem"] is None


async def made_well(booking: RunningService) -> dict[str, Any]:
    booking.process.manager.readings.cloud = CloudDouble()
    return await read(booking)


async def test_an_unbounded_quota_is_none(booking: RunningService) -> None:
    cloud = await made(booking, "quota")
    cloud.answers["http://c/v2.1/limits"] = {
        "limits": {"absolute": ABSOLUTE | {"maxTotalCores": -1}}
    }
    assert "no bound" in (await read(booking))["read_problem"]


async def test_without_a_cloud_the_pool_says_so(booking: RunningService) -> None:
    await made(booking, "hosts")
    booking.process.manager.readings.cloud = None
    assert "AGLAIS_BOOKING_CLOUD" in (await read(booking))["read_problem"]


async def test_what_is_read_is_not_entered_by_hand(booking: RunningService) -> None:
    cloud = await made(booking, "hosts")
    edit = await read(booking)
    for name in ("name", "cluster", "reading", "read_at", "read_problem"):
        del edit[name]
    more = edit | {"resources": {"cores": 1000, "memory_bytes": GIB}}
    async with booking.program(*POOLS) as api:
        refused = await api.post("pools/nodes", json=more)
        kept = await api.post("pools/nodes", json=edit | {"kept_percent": 50})
        by_hand = await api.post("pools/nodes", json=more | {"source": "hand"})
    cloud.is_away = True
    after = await read(booking)
    assert (refused.status_code, refused.json()["code"]) == (409, "machines-are-read")
    assert (kept.status_code, by_hand.status_code) == (200, 200)
    assert (after["resources"]["cores"], after["read_problem"]) == (1000, None)
