"""A real Blazar asks the booking service before it makes, changes or ends a lease."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from aglais_booking import service
from aglais_booking.managers import Managers
from aglais_hub.models.booking import Sharing
from aglais_hub.models.leases import LeaseState
from tests.support.blazar import GIB, book, in_hours, make_pool
from tests.support.hub import HubDouble
from tests.support.openstack import Api, Cloud
from tests.support.services import RunningService, running

pytestmark = pytest.mark.openstack

TOKEN = "what-the-tests-agreed-on"
UNIT = {"blazar_unit_cores": 64, "blazar_unit_memory_bytes": 256 * GIB}


@pytest.fixture(scope="session")
def platform(openstack: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clouds.yaml of the platform's own project."""
    login = openstack.api().member("enforced", "enforced")
    file = tmp_path_factory.mktemp("clouds") / "clouds.yaml"
    file.write_text(yaml.safe_dump(login.clouds_yaml()))
    return file


@pytest.fixture(scope="session")
def other(openstack: Cloud) -> Api:
    """Somebody who leases at Blazar without the platform."""
    return openstack.api(openstack.api().member("others", "other"))


@pytest.fixture
async def booking(
    database_url: str, hub: HubDouble, openstack: Cloud, platform: Path
) -> AsyncIterator[RunningService]:
    cloud = {"cloud": "test", "clouds_file": platform, "blazar": "yes", "blazar_token": TOKEN}
    async with running(service, database_url, hub, **cloud, **UNIT) as service_:
        await make_pool(service_.process.manager)
        settings = {
            "enabled_filters": "ExternalServiceFilter",
            "external_service_base_endpoint": f"{service_.url}api/blazar/v1/",
            "external_service_token": TOKEN,
        }
        await asyncio.to_thread(openstack.enforce, settings)
        yield service_
        await asyncio.to_thread(empty, openstack)
        await asyncio.to_thread(openstack.enforce, {})


def empty(openstack: Cloud) -> None:
    for lease in openstack.api()("blazar", "GET", "/leases")["leases"]:
        openstack.api()("blazar", "DELETE", f"/leases/{lease['id']}")


@pytest.fixture
def manager(booking: RunningService) -> Managers:
    manager: Managers = booking.process.manager
    return manager


async def ask(
    api: Api, method: str, path: str, hosts: int = 0, **times: datetime | str
) -> httpx.Response:
    """Ask Blazar; in a thread, since it asks the service of this very loop."""
    body: dict[str, Any] = {
        key: f"{at:%Y-%m-%d %H:%M}" if isinstance(at, datetime) else at for key, at in times.items()
    }
    if hosts:
        one = {
            "resource_type": "physical:host", "min": hosts, "max": hosts, "before_end": "default",
            "hypervisor_properties": "", "resource_properties": "",
        }  # fmt: skip
        body |= {"reservations": [one], "events": []}
    return await asyncio.to_thread(api.send, "blazar", method, path, body or None)


async def make(api: Api, name: str, hosts: int, start: float, end: float) -> httpx.Response:
    times = {"start_date": in_hours(start), "end_date": in_hours(end)}
    return await ask(api, "POST", "/leases", hosts, name=name, **times)


async def free_cores(manager: Managers, hours: float) -> float:
    hour = int(in_hours(hours).timestamp()) // 3600
    async with manager.reading() as stores:
        ((_, millicores, *_),) = await stores.hours.free("cloud", hour, hour + 1)
    return float(millicores) / 1000


async def test_what_others_lease_is_what_is_not_booked_and_cannot_be_booked_any_more(
    manager: Managers, other: Api
) -> None:
    # Shared machines are no leases: of them Blazar knows nothing.
    await book(manager, in_hours(24), in_hours(48), cores=100, sharing=Sharing.MANAGED)
    refused = await make(other, "beyond", 2, 20, 40)
    assert refused.status_code == 400, (
        refused.text
    )  # Blazar's own status for what enforcement refuses
    assert "are booked by others on the platform" in refused.json()["error_message"]
    assert await free_cores(manager, 30) == 92

    made = await make(other, "within", 1, 20, 40)
    assert made.status_code == 201, made.text
    assert (await free_cores(manager, 30), await free_cores(manager, 50)) == (28, 192)

    path = f"/leases/{made.json()['lease']['id']}"
    assert (await ask(other, "PUT", path, end_date=in_hours(60))).status_code == 200
    assert await free_cores(manager, 50) == 128
    assert (await ask(other, "DELETE", path)).status_code == 204
    assert (await free_cores(manager, 30), await free_cores(manager, 50)) == (92, 192)


async def test_leases_of_the_platforms_own_bookings_are_let_through(
    openstack: Cloud, manager: Managers
) -> None:
    """They are counted already, also where all is booked."""
    booked = [await book(manager, in_hours(24), in_hours(48), cores=64) for _ in range(3)]
    await manager.leases.reconcile()
    async with manager.reading() as stores:
        states = [one.lease.state for one in await stores.leases.spans()]
        assert await stores.capacities.all() == []
    assert states == [LeaseState.LEASED] * len(booked)
    assert await free_cores(manager, 30) == 0


async def test_a_lease_beyond_fair_use_is_refused_with_the_reason(
    manager: Managers, other: Api
) -> None:
    too_long = await make(other, "too long", 1, 24, 24 + 24 * 300)
    assert too_long.status_code == 400, (
        too_long.text
    )  # Blazar's own status for what enforcement refuses
    assert "Make the lease shorter" in too_long.json()["error_message"]
    assert await free_cores(manager, 30) == 192


async def test_blazar_with_a_wrong_token_makes_no_lease(
    openstack: Cloud, booking: RunningService, other: Api
) -> None:
    wrong = {
        "enabled_filters": "ExternalServiceFilter",
        "external_service_base_endpoint": f"{booking.url}api/blazar/v1/",
        "external_service_token": TOKEN[:-1] + "x",
    }
    await asyncio.to_thread(openstack.enforce, wrong)
    denied = await make(other, "whoever", 1, 24, 48)
    assert denied.status_code == 400, (
        denied.text
    )  # Blazar's own status for what enforcement refuses
    assert "enforcement filter denied" in denied.json()["error_message"]
