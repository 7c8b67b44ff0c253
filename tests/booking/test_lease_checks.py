"""What the service answers Blazar's external enforcement, and to whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from aglais_booking import service
from aglais_booking.managers import Managers
from aglais_hub.client.mock import MockPlatform
from aglais_hub.identity import scope
from aglais_hub.models.booking import Sharing
from tests.support.blazar import GIB, PROJECT, BlazarInMemory, book, in_hours, make_pool
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

TOKEN = "what-was-agreed-on"
WRITE = scope("write", "leases")
HOST = {"id": "1", "hypervisor_hostname": "compute-1", "vcpus": 64, "memory_mb": 256 * 1024}


@pytest.fixture
async def booking(database_url: str, hub: HubDouble) -> AsyncIterator[RunningService]:
    unit = {"blazar_unit_cores": 64, "blazar_unit_memory_bytes": 256 * GIB}
    own = {"cloud_site": "test", "blazar_token": TOKEN}
    async with running(service, database_url, hub, **own, **unit) as service_:
        await make_pool(service_.process.manager)
        yield service_


@pytest.fixture
def manager(booking: RunningService) -> Managers:
    manager: Managers = booking.process.manager
    return manager


def lease(
    hosts: int = 1, start: float = 24, end: float = 48, name: str = "theirs", **more: Any
) -> dict[str, Any]:
    """What Blazar says of a lease; its times have no offset, and there is more than we read."""
    reservation = {
        "resource_type": "physical:host", "min": hosts, "max": hosts,
        "allocations": [HOST] * hosts, "before_end": "default",
    }  # fmt: skip
    return {
        "name": name, "start_date": blazars(in_hours(start)), "end_date": blazars(in_hours(end)),
        "status": "CREATING", "user_id": "ada", "project_id": "stars", "trust_id": "t",
        "reservations": [reservation], **more,
    }  # fmt: skip


def blazars(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat()


def body(wanted: dict[str, Any], **more: Any) -> dict[str, Any]:
    context = {"user_id": "ada", "project_id": "stars", "auth_url": "http://k", "region_name": "r"}
    return {"context": context | more.pop("context", {}), "lease": wanted, **more}


async def ask(booking: RunningService, verb: str, json: Any, token: str = TOKEN) -> httpx.Response:
    async with httpx.AsyncClient(base_url=booking.url) as client:
        headers = {"X-Auth-Token": token} if token else {}
        return await client.post(f"api/blazar/v1/{verb}", json=json, headers=headers)


async def free_cores(manager: Managers, hours: float) -> float:
    hour = int(in_hours(hours).timestamp()) // 3600
    async with manager.reading() as stores:
        ((_, millicores, *_),) = await stores.hours.free("cloud", hour, hour + 1)
    return float(millicores) / 1000


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1]])
async def test_whoever_does_not_hold_the_token_is_told_nothing(
    booking: RunningService, token: str
) -> None:
    for verb in ("check-create", "check-update", "on-end"):
        answer = await ask(booking, verb, body(lease()), token)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_a_token_of_the_hub_does_where_it_has_the_scope(booking: RunningService) -> None:
    good = booking.hub.token("blazar", WRITE, kind="service")
    poor = booking.hub.token("other", scope("read", "leases"), kind="service")
    assert (await ask(booking, "check-create", body(lease()), good)).status_code == 204
    assert (await ask(booking, "check-create", body(lease()), poor)).status_code == 403


async def test_what_is_leased_by_others_cannot_be_booked_until_it_ends(
    booking: RunningService, manager: Managers
) -> None:
    assert (await ask(booking, "check-create", body(lease(2)))).status_code == 204
    assert (await free_cores(manager, 30), await free_cores(manager, 50)) == (64, 192)
    moved = {"start_date": blazars(in_hours(24)), "end_date": blazars(in_hours(60))}
    change = body(moved, current_lease=lease(2, id="the-id"))
    assert (await ask(booking, "check-update", change)).status_code == 204
    assert await free_cores(manager, 50) == 64
    over = body(lease(2, end=60, id="the-id"))
    for _ in range(2):
        assert (await ask(booking, "on-end", over)).status_code == 204
    assert (await free_cores(manager, 30), await free_cores(manager, 50)) == (192, 192)


async def test_machines_that_are_booked_are_not_leased_to_others(
    booking: RunningService, manager: Managers
) -> None:
    await book(manager, in_hours(30), in_hours(31), cores=100, sharing=Sharing.MANAGED)
    refused = await ask(booking, "check-create", body(lease(2)))
    assert (refused.status_code, refused.json()["code"]) == (403, "lease-not-allowed")
    assert "booked by others on the platform" in refused.json()["message"]
    assert await free_cores(manager, 30) == 92
    assert (await ask(booking, "check-create", body(lease(1)))).status_code == 204
    # A change that is refused leaves what there is.
    bigger = body(lease(2), current_lease=lease(1))
    assert (await ask(booking, "check-update", bigger)).status_code == 403
    assert await free_cores(manager, 30) == 28


async def test_two_of_a_kind_do_not_fit_where_one_does(
    booking: RunningService, manager: Managers
) -> None:
    first = await ask(booking, "check-create", body(lease(2, name="one")))
    second = await ask(booking, "check-create", body(lease(2, name="two")))
    assert (first.status_code, second.status_code) == (204, 403)


async def test_what_blazar_asks_of_servers_is_counted_by_their_size(
    booking: RunningService, manager: Managers
) -> None:
    manager.leases.reservations = BlazarInMemory()
    servers = {"resource_type": "flavor:instance", "amount": 5, "flavor_id": "small"}
    virtual = {"resource_type": "virtual:instance", "amount": 2, "vcpus": 4, "memory_mb": 1024}
    floating = {"resource_type": "virtual:floatingip", "amount": 9}
    wanted = lease() | {"reservations": [servers, virtual, floating]}
    assert (await ask(booking, "check-create", body(wanted))).status_code == 204
    assert await free_cores(manager, 30) == 192 - 5 * 2 - 2 * 4


async def test_our_own_lease_is_let_through_only_as_it_was_wanted(
    booking: RunningService, manager: Managers
) -> None:
    manager.leases.reservations = blazar = BlazarInMemory()
    booked = await book(manager, in_hours(24), in_hours(48), cores=192)
    manager.leases.config = manager.config.model_copy(update={"blazar": "yes"})
    await manager.leases.reconcile()
    assert len(blazar.kept) == 1
    own = {"project_id": PROJECT}
    name = booked.spans[0].id
    assert (
        await ask(booking, "check-create", body(lease(3, name=name), context=own))
    ).status_code == 204
    for wanted, context in [
        (lease(3, name=name), {}),
        (lease(3, end=72, name=name), own),
        (lease(4, name=name), own),
        (lease(3), own),
    ]:
        answer = await ask(booking, "check-create", body(wanted, context=context))
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [(24, 24 + 24 * 365, "Make the lease shorter"), (24 * 380, 24 * 380 + 1, "starts by")],
)
async def test_a_lease_beyond_fair_use_is_refused(
    booking: RunningService, manager: Managers, start: float, end: float, says: str
) -> None:
    answer = await ask(booking, "check-create", body(lease(1, start, end)))
    assert answer.status_code == 403
    assert says in answer.json()["message"]


async def test_who_is_known_is_held_to_the_fair_use_of_the_own_level(
    database_url: str, hub: HubDouble
) -> None:
    platform = MockPlatform()
    guest = await platform.clients.accounts.open_guest("127.0.0.1")
    unit = {"blazar_unit_cores": 64, "blazar_unit_memory_bytes": 256 * GIB}
    own = {"cloud_site": "test", "blazar_token": TOKEN, "blazar_accounts": {"ada": guest.name}}
    async with running(service, database_url, hub, platform.clients, **own, **unit) as booking:
        await make_pool(booking.process.manager)
        answer = await ask(booking, "check-create", body(lease()))
        other = await ask(booking, "check-create", body(lease(), context={"user_id": "bob"}))
    assert answer.status_code == 403
    assert f"{guest.name} may not lease" in answer.json()["message"]
    assert other.status_code == 204


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"lease": {}},
        body({"name": "x", "start_date": "never", "end_date": "now"}),
        body(lease() | {"reservations": [{"resource_type": "x", "amount": -1}]}),
    ],
)
async def test_what_cannot_be_read_is_no_yes(
    booking: RunningService, manager: Managers, wrong: dict[str, Any]
) -> None:
    assert (await ask(booking, "check-create", wrong)).status_code == 400
    assert await free_cores(manager, 30) == 192
