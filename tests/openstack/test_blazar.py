"""Bookings backed by leases of a real Blazar."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from aglais_booking import service
from aglais_booking.blazar import OpenStackReservations
from aglais_booking.cloud import Cloud as BookingCloud
from aglais_booking.cloud import CloudAwayError
from aglais_booking.managers import Managers
from aglais_hub.models.bookings import Booking, SpanState
from aglais_hub.models.leases import BookingLease, LeaseState
from tests.support.blazar import GIB, book, in_hours, make_pool, retime
from tests.support.hub import HubDouble
from tests.support.openstack import Cloud
from tests.support.services import RunningService, running

pytestmark = pytest.mark.openstack

UNIT = {"blazar_unit_cores": 64, "blazar_unit_memory_bytes": 256 * GIB}


@pytest.fixture(scope="session")
def clouds_file(openstack: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clouds.yaml of somebody who is a member of a project, and no administrator."""
    login = openstack.api().member("platform", "platform")
    file = tmp_path_factory.mktemp("clouds") / "clouds.yaml"
    file.write_text(yaml.safe_dump(login.clouds_yaml()))
    return file


@pytest.fixture
async def booking(
    database_url: str, hub: HubDouble, openstack: Cloud, clouds_file: Path, request: Any
) -> AsyncIterator[RunningService]:
    cloud = {"cloud": "test", "clouds_file": clouds_file, "blazar": "yes"}
    own = getattr(request, "param", {})
    async with running(service, database_url, hub, **{**cloud, **UNIT, **own}) as service_:
        await make_pool(service_.process.manager)
        yield service_
    await empty(openstack)


async def empty(openstack: Cloud) -> None:
    """End all leases, also those that just start."""
    api = openstack.api()
    end = time.monotonic() + 60
    while leases := leases_of(openstack):
        for lease in leases:
            api.send("blazar", "DELETE", f"/leases/{lease['id']}")
        assert time.monotonic() < end
        await asyncio.sleep(0.5)


@pytest.fixture
def manager(booking: RunningService) -> Managers:
    manager: Managers = booking.process.manager
    return manager


def leases_of(openstack: Cloud) -> list[dict[str, Any]]:
    leases: list[dict[str, Any]] = openstack.api()("blazar", "GET", "/leases")["leases"]
    return leases


async def lease_of(manager: Managers, booking: Booking) -> BookingLease:
    async with manager.reading() as stores:
        backed = await stores.leases.span(booking.spans[0].id)
    assert backed is not None
    return backed.lease


async def test_a_booking_is_backed_moved_and_ended_at_a_real_blazar(
    openstack: Cloud, manager: Managers
) -> None:
    booking = await book(manager, in_hours(24), in_hours(48), cores=100)
    await manager.leases.reconcile()
    (lease,) = leases_of(openstack)
    assert (lease["name"], lease["status"]) == (booking.spans[0].id, "PENDING")
    assert (lease["reservations"][0]["min"], lease["reservations"][0]["max"]) == (2, 2)
    assert f"{in_hours(24):%Y-%m-%dT%H:%M}" in lease["start_date"]

    await retime(manager, booking, starts_at=in_hours(30), ends_at=in_hours(60))
    await manager.leases.reconcile()
    (moved,) = leases_of(openstack)
    assert moved["id"] == lease["id"]
    assert f"{in_hours(60):%Y-%m-%dT%H:%M}" in moved["end_date"]

    await retime(manager, booking, state=SpanState.CANCELLED)
    await manager.leases.reconcile()
    assert leases_of(openstack) == []


async def test_not_enough_hosts_is_a_refusal_although_blazar_calls_it_an_error(
    openstack: Cloud, manager: Managers
) -> None:
    """Blazar answers 500 then."""
    fits = await book(manager, in_hours(24), in_hours(48), cores=64)
    beyond = await book(manager, in_hours(24), in_hours(48), cores=64)
    # Somebody leases two of the three hosts without the platform.
    await occupy(openstack, 2)
    await manager.leases.reconcile()
    states = {(await lease_of(manager, one)).state for one in (fits, beyond)}
    refused = [
        lease
        for one in (fits, beyond)
        if (lease := await lease_of(manager, one)).state is LeaseState.REFUSED
    ]
    assert states == {LeaseState.LEASED, LeaseState.REFUSED}
    assert [one.problem for one in refused] == ["Not enough hosts available"]
    assert len(leases_of(openstack)) == 2


async def occupy(openstack: Cloud, hosts: int) -> None:
    reservation = {
        "resource_type": "physical:host", "min": hosts, "max": hosts, "before_end": "default",
        "hypervisor_properties": "", "resource_properties": "",
    }  # fmt: skip
    dates = {
        "start_date": f"{in_hours(20):%Y-%m-%d %H:%M}",
        "end_date": f"{in_hours(50):%Y-%m-%d %H:%M}",
    }
    body = {"name": "theirs", **dates, "reservations": [reservation], "events": []}
    await asyncio.to_thread(openstack.api(), "blazar", "POST", "/leases", body)


async def test_a_lease_of_a_booking_that_is_on_starts_and_is_extended(
    openstack: Cloud, manager: Managers
) -> None:
    booking = await book(manager, in_hours(-1), in_hours(5))
    await manager.leases.reconcile()
    await until_active(openstack, booking.spans[0].id)
    await retime(manager, booking, ends_at=in_hours(9))
    await manager.leases.reconcile()
    (lease,) = leases_of(openstack)
    assert lease["status"] == "ACTIVE"
    assert f"{in_hours(9):%Y-%m-%dT%H:%M}" in lease["end_date"]
    await manager.leases.reconcile()
    assert (await lease_of(manager, booking)).state is LeaseState.LEASED


async def test_what_blazar_did_without_our_hearing_of_it_is_adopted(
    openstack: Cloud, manager: Managers
) -> None:
    booking = await book(manager, in_hours(24), in_hours(48))
    await manager.leases.reconcile()
    async with manager.writing() as stores:
        nothing = {"lease": None, "starts_at": None, "ends_at": None, "state": LeaseState.WANTED}
        await stores.leases.save(booking.spans[0].id, **nothing)
    await manager.leases.reconcile()
    (lease,) = leases_of(openstack)
    assert (await lease_of(manager, booking)).lease == lease["id"]


async def test_a_blazar_that_is_away_is_waited_for(openstack: Cloud, manager: Managers) -> None:
    booking = await book(manager, in_hours(24), in_hours(48))
    openstack.end("blazar")
    try:
        with pytest.raises(CloudAwayError):
            await manager.leases.reconcile()
    finally:
        openstack.start(["blazar"])
    await manager.leases.reconcile()
    assert (await lease_of(manager, booking)).state is LeaseState.LEASED


@pytest.fixture(scope="session")
def flavor(openstack: Cloud) -> str:
    """Id of a flavor of 2 cores and 8 GiB."""
    flavors = openstack.api()("nova", "GET", "/flavors")["flavors"]
    return next(one["id"] for one in flavors if one["name"] == "small")


async def test_servers_of_a_flavor_are_leased(
    openstack: Cloud, manager: Managers, clouds_file: Path, flavor: str
) -> None:
    cloud = BookingCloud("test", clouds_file)
    reservations = OpenStackReservations(cloud, "flavor:instance", flavor)
    assert await reservations.flavor_size(flavor) == (2, 8 * GIB)
    assert not await reservations.sees_all()
    manager.leases.reservations = reservations
    later = await book(manager, in_hours(24), in_hours(48))
    on_now = await book(manager, in_hours(-1), in_hours(5))
    await manager.leases.reconcile()
    before = (await lease_of(manager, later)).lease
    await until_active(openstack, on_now.spans[0].id)

    # Blazar cannot change what has not started: it is made anew.
    await retime(manager, later, ends_at=in_hours(50))
    await retime(manager, on_now, ends_at=in_hours(6))
    await manager.leases.reconcile()
    leases = {one.name: one for one in await reservations.leases()}
    assert {one.name: one.ends_at for one in leases.values()} == {
        later.spans[0].id: in_hours(50), on_now.spans[0].id: in_hours(6),
    }  # fmt: skip
    assert (await lease_of(manager, later)).lease != before
    assert leases[on_now.spans[0].id].status == "ACTIVE"


async def until_active(openstack: Cloud, name: str) -> None:
    end = time.monotonic() + 60
    while not any(
        one["name"] == name and one["status"] == "ACTIVE" for one in leases_of(openstack)
    ):
        assert time.monotonic() < end
        await asyncio.sleep(0.5)
