"""What becomes of bookings and requests of an account that leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from aglais_booking import service
from aglais_booking.amounts import first_hour
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.bookings import BookingState, SpanState
from tests.booking.booked import book, soon
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

READ, WRITE = scope("read", "bookings"), scope("write", "bookings")
REQUESTS = scope("read", "requests"), scope("write", "requests")
POOLS = scope("read", "pools"), scope("write", "pools")
GIB = 2**30


@pytest.fixture
async def booking(database_url: str, hub: HubDouble) -> AsyncIterator[RunningService]:
    machine = {"embedded_cores": 8, "embedded_memory_bytes": 64 * GIB}
    async with running(service, database_url, hub, **machine) as service_:
        await service_.process.manager.pools.ensure()
        yield service_


async def rows(booking: RunningService) -> str:
    """Return all that is kept, but for the log of answers."""
    tables = (
        "bookings", "spans", "holds", "changes", "feeds", "notices", "requests",
        "request_answers", "capacities",
    )  # fmt: skip
    found: list[Any] = []
    async with booking.process.database.reading() as session:
        for table in tables:
            found += (await session.execute(text(f"SELECT * FROM {table}"))).all()  # noqa: S608
    return str(found)


async def test_what_an_account_has_booked_is_free_again_and_nobody_knows_whose_it_was(
    booking: RunningService,
) -> None:
    now = utcnow()
    active = (now - timedelta(hours=2), now + timedelta(hours=5))
    over = (now - timedelta(hours=9), now - timedelta(hours=5))
    later = (soon(24), soon(48))
    on = await book(
        booking, "mallory", "small", over, active, later,
        states=(SpanState.ENDED, SpanState.ACTIVE), state=BookingState.ACTIVE, name="Secret plan",
    )  # fmt: skip
    kept = await book(booking, "bob", "small", later)
    manager = booking.process.manager
    async with manager.writing() as stores:
        await stores.changes.add(on.id, "mallory", "renamed", old="Secret plan", why="private")
        await stores.changes.add(kept.id, "mallory", "moved")
        await stores.notices.add("n", "mallory", "Secret plan", "private", now)
    form = {
        "title": "Secret plan", "why": "private", "cores": "1", "memory_bytes": "1 GiB",
        "starts_at": soon(24).isoformat(), "ends_at": soon(48).isoformat(),
    }  # fmt: skip
    mallory = booking.hub.token(
        "mallory", *(f"{one}!user=mallory" for one in (*REQUESTS, READ, WRITE))
    )
    async with booking.api(mallory) as api, booking.program(READ, WRITE, *REQUESTS, *POOLS) as root:
        asked = [(await api.post("requests", data=form)).json()["id"] for _ in range(2)]
        amounts = {name: form[name] for name in form if name not in {"title", "why"}}
        given = await root.post(f"requests/{asked[0]}/approve", data={"pool": "embedded"} | amounts)
        answers = [await root.post("departures/mallory") for _ in range(2)]
        own = await api.post("departures/mallory")
        listed = {one["id"]: one for one in (await root.get("bookings")).json()}
        requests = (await root.get("requests")).json()
        capacities = (await root.get("capacities")).json()
    async with manager.reading() as stores:
        first = first_hour(soon(24))
        free = await stores.hours.free("embedded", first, first + 1)
        held = kept.limits.total.cores * 1000
    assert given.status_code == 200
    assert [one.status_code for one in (*answers, own)] == [204, 204, 403]
    gone = listed[on.id]
    assert (gone["account"], gone["name"], gone["state"]) == ("departed", "departed", "ended")
    assert [span["state"] for span in gone["spans"]] == ["ended", "cancelled", "cancelled"]
    assert listed[kept.id]["state"] == "booked"
    assert requests == []
    assert [one["title"] for one in capacities] == ["Given on request"]
    assert free[0][1] == (8 + 1) * 4 * 1000 * 3 // 4 - held
    left = await rows(booking)
    assert "mallory" not in left
    assert "Secret" not in left
    assert "private" not in left


async def test_who_was_never_here_leaves_nothing(booking: RunningService) -> None:
    async with booking.program(READ, WRITE) as api:
        answer = await api.post("departures/nobody")
    assert answer.status_code == 204


@pytest.mark.parametrize("is_over", [False, True])
async def test_what_is_over_stays_as_it_was(booking: RunningService, is_over: bool) -> None:
    now = utcnow()
    start = now - timedelta(hours=9) if is_over else soon(24)
    made = await book(
        booking, "mallory", "small", (start, start + timedelta(hours=2)),
        states=(SpanState.ENDED if is_over else SpanState.BOOKED,),
        state=BookingState.ENDED if is_over else BookingState.BOOKED,
    )  # fmt: skip
    async with booking.program(READ, WRITE) as api:
        await api.post("departures/mallory")
        left = (await api.get(f"bookings/{made.id}")).json()
    assert left["state"] == ("ended" if is_over else "cancelled")
    assert left["limits"] == made.limits.model_dump()
