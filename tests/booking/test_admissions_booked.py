"""Admission of sessions for bookings, and of those that share the machines with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from aglais_booking import service
from aglais_booking.managers import Managers
from aglais_hub.client import ServiceClients
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Sharing
from aglais_hub.models.bookings import SpanState
from tests.booking.on_clock import HOUR, MINUTE, book, change_span
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

READ, WRITE = scope("read", "admissions"), scope("write", "admissions")
POOLS = scope("read", "pools"), scope("write", "pools")
GIB = 2**30
ALICE = {"account": "alice", "level": "1"}


@pytest.fixture
async def booking(database_url: str, hub: HubDouble) -> AsyncIterator[RunningService]:
    """Booking on 16 promised cores and 32 GiB; a quarter is kept for walk-ins.

    Small takes 3 cores and 4 GiB, medium 6 and 12.
    """
    clients = ServiceClients("http://127.0.0.1:1/", "none", hub_api_url=hub.url)
    machine = {"embedded_cores": 4, "embedded_memory_bytes": 32 * GIB}
    async with running(service, database_url, hub, clients, **machine) as service_:
        yield service_
    await clients.close()


def managers(booking: RunningService) -> Managers:
    manager: Managers = booking.process.manager
    return manager


async def ask(api: httpx.AsyncClient, **given: Any) -> httpx.Response:
    return await api.post("admissions", data=ALICE | given)


def said(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["code"], body["message"]


async def test_a_booking_that_is_on_is_the_usual_choice_and_lasts_until_its_end(
    booking: RunningService,
) -> None:
    manager = managers(booking)
    wanted = await book(manager, sharing=Sharing.RESERVED)
    async with booking.program(WRITE) as api:
        admission = (await ask(api)).json()
    expected = {
        "booking": wanted.id, "package": "small", "sharing": "reserved", "pool": "embedded",
        "cluster": "embedded", "is_interruptible": False,
    }  # fmt: skip
    assert {key: admission[key] for key in expected} == expected
    assert datetime.fromisoformat(admission["until"]) == wanted.ends_at
    async with manager.reading() as stores:
        span = await stores.spans.get(wanted.spans[0].id)
    assert span is not None
    assert span.used_at is not None
    assert utcnow() - span.used_at < MINUTE


async def test_the_largest_of_several_is_chosen_and_a_package_or_a_booking_can_be_named(
    booking: RunningService,
) -> None:
    manager = managers(booking)
    small, medium = [await book(manager, package=name) for name in ("small", "medium")]
    async with booking.program(WRITE) as api:
        got = [
            (await ask(api, **given)).json()["booking"]
            for given in ({}, {"package": "small"}, {"booking": small.id}, {"package": "tiny"})
        ]
    assert got == [medium.id, small.id, small.id, None]


async def test_spans_that_follow_each_other_are_one_for_the_session(
    booking: RunningService,
) -> None:
    spans = [(-HOUR, 10 * MINUTE), (10 * MINUTE, HOUR), (2 * HOUR, 3 * HOUR)]
    wanted = await book(managers(booking), *spans)
    async with booking.program(WRITE) as api:
        admission = (await ask(api)).json()
    assert datetime.fromisoformat(admission["until"]) == wanted.spans[1].ends_at


async def test_a_second_session_of_a_booking_is_refused_and_told_of_the_first(
    booking: RunningService,
) -> None:
    wanted = await book(managers(booking), package="medium")
    async with booking.program(READ, WRITE) as api:
        first = await ask(api, server="one")
        again = await ask(api, server="one")
        named = said(await ask(api, server="two", booking=wanted.id))
        by_package = said(await ask(api, server="two", package="medium"))
        walk_in = await ask(api, server="two")
    assert (first.status_code, again.status_code) == (201, 201)
    assert named[:2] == by_package[:2] == (409, "booking-in-use")
    assert "has a session already (one)" in named[2]
    # Who asks for nothing special gets the usual package of the level instead.
    assert (walk_in.json()["booking"], walk_in.json()["package"]) == (None, "small")


async def test_two_at_once_for_one_booking_are_one(booking: RunningService) -> None:
    wanted = await book(managers(booking))
    async with booking.program(WRITE) as api:
        asked = (ask(api, server=f"s{n}", booking=wanted.id) for n in range(8))
        codes = sorted(answer.status_code for answer in await asyncio.gather(*asked))
    assert codes == [201] + [409] * 7


async def test_refusals_say_when_a_booking_can_be_started(booking: RunningService) -> None:
    manager = managers(booking)
    later = await book(manager, (30 * MINUTE, HOUR), zone="Europe/London")
    over = await book(manager, (-2 * HOUR, -HOUR), state=SpanState.ENDED)
    cancelled = await book(manager, state=SpanState.CANCELLED)
    returned = await book(manager, state=SpanState.RETURNED)
    others = await book(manager, account="bob")
    on = await book(manager, package="medium")
    async with booking.program(WRITE) as api:
        early = await ask(api, booking=later.id)
        told = [said(await ask(api, booking=one.id)) for one in (over, cancelled, returned, others)]
        other = said(await ask(api, booking=on.id, package="small"))
    assert said(early)[:2] == (409, "booking-not-on")
    assert "(Europe/London). Please start it then." in said(early)[2]
    assert 1700 < int(early.headers["Retry-After"]) <= 1800
    assert [one[:2] for one in told] == [(409, "booking-over")] * 3 + [(404, "not-found")]
    assert "ended on" in told[0][2]
    assert "was cancelled" in told[1][2]
    assert "was given back" in told[2][2]
    assert other[:2] == (409, "other-package")


async def test_a_pool_without_a_cluster_starts_nothing_yet(booking: RunningService) -> None:
    manager = managers(booking)
    pool = (await manager.pools.get("embedded")).model_copy(
        update={"name": "site", "cluster": None}
    )
    async with manager.writing() as stores:
        await stores.pools.add(pool)
        await manager.pools.count_anew(stores, pool)
    wanted = await book(manager, pool="site")
    async with booking.program(WRITE) as api:
        refused = said(await ask(api, booking=wanted.id))
    assert refused[:2] == (409, "no-cluster")


async def test_walk_ins_are_firm_in_the_kept_part_and_on_spare_capacity_beyond(
    booking: RunningService,
) -> None:
    async with booking.program(WRITE) as api:
        answers = [(await ask(api, account=f"user-{n}")).json() for n in range(6)]
    kinds = [answer.get("is_interruptible") for answer in answers]
    # The kept part has 4 cores, all have 16; a small one takes 3.
    assert kinds == [False, True, True, True, True, None]
    assert answers[5]["code"] == "no-room"


async def test_what_bookings_hold_now_or_soon_is_no_spare_capacity(
    booking: RunningService,
) -> None:
    manager = managers(booking)
    await book(manager, (10 * MINUTE, HOUR), account="bob", package="medium")
    await book(manager, (20 * MINUTE, HOUR), account="carol", package="medium")
    async with booking.program(WRITE) as api:
        # 6 of 16 cores will be held within the notice, 12 after it.
        answers = [(await ask(api, account=f"user-{n}")).json() for n in range(4)]
    assert [answer.get("is_interruptible") for answer in answers] == [False, True, True, None]


async def test_the_kept_part_is_there_when_all_else_is_booked(booking: RunningService) -> None:
    manager = managers(booking)
    for account in ("bob", "carol"):
        await book(manager, account=account, package="medium")
    async with booking.program(WRITE) as api:
        first, second = [await ask(api, account=name) for name in ("dave", "erin")]
    assert first.json()["is_interruptible"] is False
    assert said(second)[:2] == (503, "no-room")


async def test_a_full_pool_says_when_the_next_place_is_free(booking: RunningService) -> None:
    manager = managers(booking)
    ends = [await book(manager, (-HOUR, end), account="bob", package="medium")
            for end in (20 * MINUTE, 40 * MINUTE)]  # fmt: skip
    async with booking.program(WRITE) as api:
        await ask(api, account="dave")
        refused = await ask(api, account="erin")
    assert f"The next place is free at {ends[0].ends_at:%H:%M} UTC" in refused.json()["message"]
    assert 1100 < int(refused.headers["Retry-After"]) <= 1200


async def test_a_booked_session_waits_until_spare_sessions_are_gone(
    booking: RunningService,
) -> None:
    manager = managers(booking)
    async with booking.program(WRITE) as api:
        for n in range(5):
            await ask(api, account=f"user-{n}")
        wanted = await book(manager, (timedelta(), HOUR), package="medium")
        refused = await ask(api, booking=wanted.id)
        await manager.endings.look()
        again = await ask(api, booking=wanted.id)
    assert said(refused)[:2] == (503, "place-being-freed")
    assert "are being freed: sessions on spare capacity end on them until" in said(refused)[2]
    assert int(refused.headers["Retry-After"]) >= 10
    # By now it is known when they have to be gone.
    assert 60 <= int(again.headers["Retry-After"]) <= 80


async def test_a_package_that_has_to_be_booked_says_when_and_where(
    booking: RunningService,
) -> None:
    manager = managers(booking)
    async with booking.program(WRITE) as api:
        free = said(await ask(api, package="medium"))
        for account in ("bob", "carol"):
            await book(manager, (-HOUR, 3 * HOUR), account=account, package="medium")
        full = said(await ask(api, package="medium"))
    assert free[:2] == full[:2] == (403, "package-not-allowed")
    link = "http://127.0.0.1:8000/services/booking/calendar"
    assert f"Book it; it is free from now on: {link}" in free[2]
    hour = (utcnow() + 3 * HOUR).replace(minute=0, second=0) + HOUR
    assert f"it is free from {hour:%Y-%m-%d %H:%M} UTC on: {link}" in full[2]


async def test_a_booking_of_less_machines_than_before_is_told_so(booking: RunningService) -> None:
    manager = managers(booking)
    wanted = await book(manager, package="medium")
    smaller = {"resources": {"cores": 1, "memory_bytes": 32 * GIB}, "core_overcommit": 4}
    async with booking.program(WRITE, *POOLS) as api:
        await api.post("pools/embedded", json=smaller)
        refused = said(await ask(api, booking=wanted.id))
    assert refused[:2] == (503, "no-room")
    assert "fewer machines now than were booked" in refused[2]


async def test_an_edited_end_moves_the_end_of_the_session_along(booking: RunningService) -> None:
    manager = managers(booking)
    wanted = await book(manager, (-HOUR, 10 * MINUTE))
    async with booking.program(READ, WRITE) as api:
        made = (await ask(api)).json()
        await manager.endings.look()
        warned = (await api.get(f"admissions/{made['id']}")).json()
        await change_span(manager, wanted, ends_at=wanted.ends_at + HOUR)
        await manager.endings.look()
        moved = (await api.get(f"admissions/{made['id']}")).json()
        await change_span(manager, wanted, state=SpanState.CANCELLED)
        await manager.endings.look()
        ended = (await api.get(f"admissions/{made['id']}")).json()
    assert warned["warned_at"] is not None
    assert datetime.fromisoformat(moved["until"]) == wanted.ends_at + HOUR
    assert moved["warned_at"] is None
    assert datetime.fromisoformat(ended["until"]) <= utcnow()
    assert ended["warned_at"] is not None
