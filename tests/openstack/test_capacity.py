"""Pools read from a real OpenStack: Nova, Placement and Magnum behind Keystone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aglais_booking import service
from aglais_hub.identity import scope
from tests.support.hub import HubDouble
from tests.support.openstack import Cloud
from tests.support.services import RunningService, running

pytestmark = pytest.mark.openstack

POOLS = scope("read", "pools"), scope("write", "pools")
GIB = 2**30


@pytest.fixture
async def booking(
    openstack: Cloud, tmp_path: Path, hub: HubDouble
) -> AsyncIterator[RunningService]:
    file = tmp_path / "clouds.yaml"
    file.write_text(json.dumps(openstack.login.clouds_yaml()))  # JSON is YAML
    config: dict[str, Any] = {"cloud": "test", "clouds_file": str(file)}
    async with running(service, f"sqlite:///{tmp_path / 'b.db'}", hub, **config) as service_:
        yield service_


async def read(booking: RunningService, source: str, **given: str) -> dict[str, Any]:
    form = {
        "name": source, "resources.cores": "0", "resources.memory_bytes": "0",
        "core_overcommit": "1", "kept_percent": "0", "source": source,
    }  # fmt: skip
    async with booking.program(*POOLS) as api:
        await api.post("pools", data=form | given)
        await booking.process.manager.readings.read()
        pool: dict[str, Any] = (await api.get(f"pools/{source}")).json()
    return pool


async def test_the_hosts_of_a_real_cloud_are_a_pool(
    booking: RunningService, openstack: Cloud
) -> None:
    pool = await read(booking, "hosts")
    assert pool["read_problem"] is None
    assert pool["resources"]["cores"] == 64 * openstack.computes
    reserved = 512 * 2**20 * openstack.computes  # what Nova keeps of each host by default
    assert pool["resources"]["memory_bytes"] == 256 * GIB * openstack.computes - reserved
    assert pool["reading"].startswith(f"{openstack.computes} hosts: ")


async def test_an_aggregate_of_a_real_cloud_is_a_pool(
    booking: RunningService, openstack: Cloud
) -> None:
    api = openstack.api()
    made = api("nova", "POST", "/os-aggregates", {"aggregate": {"name": "fast"}})["aggregate"]
    host = api("nova", "GET", "/os-hypervisors/detail")["hypervisors"][0]["service"]["host"]
    action = f"/os-aggregates/{made['id']}/action"
    api("nova", "POST", action, {"add_host": {"host": host}})
    try:
        pool = await read(booking, "hosts", aggregate="fast")
        gone = await read(booking, "hosts")
    finally:
        api("nova", "POST", action, {"remove_host": {"host": host}})
        api("nova", "DELETE", f"/os-aggregates/{made['id']}")
    assert pool["read_problem"] is None
    assert pool["resources"]["cores"] == 64
    assert gone["aggregate"] == "fast"


async def test_the_quota_of_a_real_project_is_a_pool(
    booking: RunningService, openstack: Cloud
) -> None:
    limits = openstack.api()("nova", "GET", "/limits")["limits"]["absolute"]
    pool = await read(booking, "quota")
    assert pool["read_problem"] is None
    assert pool["resources"]["cores"] == limits["maxTotalCores"] > 0
    assert pool["resources"]["memory_bytes"] == limits["maxTotalRAMSize"] * 2**20
    assert "Magnum allows" in pool["reading"]
