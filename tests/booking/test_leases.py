"""Leases behind bookings: wanted and actual, whatever happens on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from time_machine import TimeMachineFixture

from aglais_booking import service
from aglais_booking.blazar import NoBlazarError
from aglais_booking.managers import Managers
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Sharing
from aglais_hub.models.bookings import Booking, SpanState
from aglais_hub.models.leases import BookingLease, LeaseState
from tests.support.blazar import GIB, BlazarInMemory, book, in_hours, make_pool, retime
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

READ = scope("read", "leases")

CLOUDS = """
clouds:
  test:
    auth: {auth_url: "http://127.0.0.1:1/v3", username: u, password: p, project_name: p,
           user_domain_name: Default, project_domain_name: Default}
"""


@pytest.fixture
async def booking(
    database_url: str, hub: HubDouble, tmp_path: Path
) -> AsyncIterator[RunningService]:
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text(CLOUDS)
    unit = {"blazar_unit_cores": 64, "blazar_unit_memory_bytes": 256 * GIB}
    cloud = {"cloud": "test", "clouds_file": clouds, "blazar": "yes"}
    async with running(service, database_url, hub, **cloud, **unit) as service_:
        service_.process.manager.leases.reservations = BlazarInMemory()
        await make_pool(service_.process.manager)
        yield service_


@pytest.fixture
def manager(booking: RunningService) -> Managers:
    manager: Managers = booking.process.manager
    return manager


@pytest.fixture
def blazar(manager: Managers) -> BlazarInMemory:
    blazar = manager.leases.reservations
    assert isinstance(blazar, BlazarInMemory)
    return blazar


async def lease_of(manager: Managers, booking: Booking) -> BookingLease:
    async with manager.reading() as stores:
        backed = await stores.leases.span(booking.spans[0].id)
    assert backed is not None
    return backed.lease


async def test_machines_of_ones_own_at_the_cloud_are_leased_and_nothing_else(
    manager: Managers, blazar: BlazarInMemory
) -> None:
    await make_pool(manager, "elsewhere", site="mars")
    tomorrow = in_hours(24), in_hours(48)
    own = await book(manager, *tomorrow)
    custom = await book(manager, in_hours(72), in_hours(96), cores=100, sharing=Sharing.CUSTOM)
    await book(manager, *tomorrow, sharing=Sharing.MANAGED, cores=4)
    await book(manager, *tomorrow, pool="elsewhere")
    await manager.leases.reconcile()
    leased = {one.name: one for one in blazar.kept.values()}
    assert set(leased) == {own.spans[0].id, custom.spans[0].id}
    assert (leased[own.spans[0].id].starts_at, leased[own.spans[0].id].ends_at) == tomorrow
    # 60 cores are one host of 64, 100 are two.
    assert sorted(blazar.sizes.values()) == [1, 2]
    assert (await lease_of(manager, own)).state is LeaseState.LEASED


async def test_what_is_as_it_should_be_asks_for_nothing(
    manager: Managers, blazar: BlazarInMemory
) -> None:
    await book(manager, in_hours(24), in_hours(48))
    await manager.leases.reconcile()
    blazar.asked.clear()
    await manager.leases.reconcile()
    assert blazar.asked == []


async def test_a_lease_moves_with_its_span_and_ends_with_it(
    manager: Managers, blazar: BlazarInMemory
) -> None:
    booking = await book(manager, in_hours(24), in_hours(48))
    await manager.leases.reconcile()
    await retime(manager, booking, starts_at=in_hours(30), ends_at=in_hours(60))
    await manager.leases.reconcile()
    (lease,) = blazar.kept.values()
    assert (lease.starts_at, lease.ends_at) == (in_hours(30), in_hours(60))
    await retime(manager, booking, state=SpanState.CANCELLED)
    await manager.leases.reconcile()
    assert blazar.kept == {}
    async with manager.reading() as stores:
        assert await stores.leases.spans() == []


async def test_a_lease_that_has_started_is_extended_from_its_own_start(
    manager: Managers, blazar: BlazarInMemory
) -> None:
    booking = await book(manager, in_hours(-1), in_hours(5))
    await manager.leases.reconcile()
    await retime(manager, booking, ends_at=in_hours(9))
    await manager.leases.reconcile()
    (lease,) = blazar.kept.values()
    assert lease.ends_at == in_hours(9)
    assert (await lease_of(manager, booking)).state is LeaseState.LEASED


async def test_a_lease_that_nobody_heard_of_is_adopted_and_not_made_twice(
    manager: Managers, blazar: BlazarInMemory, time_machine: TimeMachineFixture
) -> None:
    booking = await book(manager, in_hours(24), in_hours(48))
    blazar.deaf_after = 1
    await manager.leases.reconcile()
    failed = await lease_of(manager, booking)
    assert (failed.state, failed.lease) == (LeaseState.FAILED, None)
    assert failed.problem == "Blazar did not answer in time."
    time_machine.move_to(utcnow() + timedelta(minutes=1))
    await manager.leases.reconcile()
    (lease,) = blazar.kept
    leased = await lease_of(manager, booking)
    assert (leased.state, leased.lease, leased.problem) == (LeaseState.LEASED, lease, None)
    assert blazar.asked.count("create") == 1


async def test_of_two_leases_of_a_span_the_first_stays(
    manager: Managers, blazar: BlazarInMemory
) -> None:
    booking = await book(manager, in_hours(24), in_hours(48))
    await manager.leases.reconcile()
    twin = (await blazar.leases())[0]
    blazar.kept["twin"] = type(twin)(**{**vars(twin), "id": "twin", "made_at": utcnow()})
    blazar.sizes["twin"] = 1
    await retime(manager, booking, ends_at=in_hours(50))
    await manager.leases.reconcile()
    assert list(blazar.kept) == [twin.id]


async def test_a_refusal_is_kept_and_the_booking_stays(
    booking: RunningService,
    manager: Managers,
    blazar: BlazarInMemory,
    time_machine: TimeMachineFixture,
) -> None:
    blazar.hosts = 0
    booked = await book(manager, in_hours(24), in_hours(48))
    await manager.leases.reconcile()
    async with booking.api(booking.hub.token("alice", f"{READ}!user=alice")) as api:
        (seen,) = (await api.get("leases")).json()
    assert (seen["state"], seen["problem"]) == ("refused", "Not enough hosts available")
    own = (scope("read", name) for name in ("bookings", "leases"))
    async with booking.browser("alice", *(f"{name}!user=alice" for name in own)) as browser:
        page = (await browser.get(f"bookings/{booked.id}")).text
    assert "It says: Not enough hosts available" in page
    async with manager.reading() as stores:
        (mail,) = await stores.notices.due(utcnow(), 9)
        assert mail.subject == "The cloud leases no machines for your booking a week of runs"
        history = await stores.changes.of(booked.id)
        assert (await stores.bookings.get(booked.id)).state == "booked"  # type: ignore[union-attr]
    assert [(one.what, one.why) for one in history] == [
        ("lease refused", "Not enough hosts available")
    ]
    blazar.hosts = 3
    await manager.leases.reconcile()
    assert blazar.kept == {}, "it is not asked again at once"
    time_machine.move_to(utcnow() + timedelta(minutes=11))
    await manager.leases.reconcile()
    assert (await lease_of(manager, booked)).state is LeaseState.LEASED
    async with manager.reading() as stores:
        assert (await stores.changes.of(booked.id))[0].what == "leased"


async def test_a_refused_extension_leaves_the_lease_as_it_was(
    manager: Managers, blazar: BlazarInMemory
) -> None:
    first, other = in_hours(24), in_hours(48)
    booking = await book(manager, first, other)
    await manager.leases.reconcile()
    blazar.hosts = 0
    await retime(manager, booking, ends_at=in_hours(50))
    await manager.leases.reconcile()
    lease = await lease_of(manager, booking)
    assert (lease.state, lease.starts_at, lease.ends_at) == (LeaseState.REFUSED, first, other)
    assert len(blazar.kept) == 1


async def test_a_lease_that_cannot_be_ended_now_is_ended_later(
    manager: Managers, blazar: BlazarInMemory, time_machine: TimeMachineFixture
) -> None:
    booking = await book(manager, in_hours(24), in_hours(48))
    await manager.leases.reconcile()
    blazar.busy_with = set(blazar.kept)
    await retime(manager, booking, state=SpanState.CANCELLED)
    await manager.leases.reconcile()
    assert len(blazar.kept) == 1
    blazar.busy_with.clear()
    time_machine.move_to(utcnow() + timedelta(minutes=1))
    await manager.leases.reconcile()
    assert blazar.kept == {}


async def test_a_lease_that_somebody_deleted_is_made_again(
    manager: Managers, blazar: BlazarInMemory, time_machine: TimeMachineFixture
) -> None:
    await book(manager, in_hours(24), in_hours(48))
    await manager.leases.reconcile()
    blazar.kept.clear()
    manager.leases._looked_at = -1000.0
    await manager.leases.reconcile()
    assert len(blazar.kept) == 1


@pytest.mark.parametrize("use", ["yes", "auto"])
async def test_a_cloud_without_blazar_is_a_fault_only_where_it_is_asked_for(
    manager: Managers, blazar: BlazarInMemory, use: str
) -> None:
    blazar.is_there = False
    manager.leases.config = manager.config.model_copy(update={"blazar": use})
    await book(manager, in_hours(24), in_hours(48))
    if use == "auto":
        await manager.leases.reconcile()
        assert blazar.asked == []
    else:
        with pytest.raises(NoBlazarError):
            await manager.leases.reconcile()


async def test_everybody_sees_their_own_leases_only(
    booking: RunningService, manager: Managers, blazar: BlazarInMemory
) -> None:
    await book(manager, in_hours(24), in_hours(48))
    await book(manager, in_hours(24), in_hours(48), account="bob")
    await manager.leases.reconcile()
    async with booking.api(booking.hub.token("bob", f"{READ}!user=bob")) as api:
        assert [one["account"] for one in (await api.get("leases")).json()] == ["bob"]
    async with booking.program(READ) as api:
        assert len((await api.get("leases")).json()) == 2
        assert len((await api.get("leases?account=alice")).json()) == 1
    async with booking.browser("bob", f"{READ}!user=bob") as browser:
        page = (await browser.get("leases")).text
    assert "bob" in page
    assert "leased" in page
