"""Pools and what they are given or lose for a time, over REST and as pages."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from aglais_booking import service
from aglais_booking.amounts import Amount, Stretch, first_hour
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from tests.booking.booked import book, soon
from tests.support.hub import HubDouble
from tests.support.pages import form_of
from tests.support.services import RunningService, running

POOLS = scope("read", "pools"), scope("write", "pools")
BOOKINGS = scope("read", "bookings")
GIB = 2**30
GPU = {
    "name": "gpu",
    "resources.cores": "16",
    "resources.memory_bytes": "64 GiB",
    "resources.disk_bytes": "1 TiB",
    "resources.gpus": "4",
    "core_overcommit": "1",
    "kept_percent": "0",
    "site": "edinburgh",
    "hardware": "gpu, ssd",
}


@pytest.fixture
async def booking(database_url: str, hub: HubDouble) -> AsyncIterator[RunningService]:
    """Booking on 8 promised cores and 8 GiB, of which 6 cores and 6 GiB can be booked."""
    machine = {"embedded_cores": 2, "embedded_memory_bytes": 8 * GIB}
    async with running(service, database_url, hub, **machine) as service_:
        yield service_


def capacity(**given: Any) -> dict[str, Any]:
    usual = {
        "pool": "embedded", "title": "Summer", "cores": "1", "memory_bytes": "4 GiB",
        "starts_at": soon(24).isoformat(), "ends_at": soon(48).isoformat(),
    }  # fmt: skip
    return usual | given


async def slots(api: httpx.AsyncClient, pool: str = "embedded", **query: Any) -> list[Any]:
    answer = await api.get(f"pools/{pool}/timeline", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["slots"])


async def cores(api: httpx.AsyncClient, kind: str = "bookable") -> list[float]:
    """Return the cores of the hours around the usual allocation: before, in it, after."""
    hours = await slots(api, by="hour")
    return [hours[place][kind]["cores"] for place in (23, 24, 47, 48)]


async def test_a_pool_is_made_edited_and_deleted(booking: RunningService) -> None:
    async with booking.program(*POOLS) as api:
        made = await api.post("pools", data=GPU)
        again = await api.post("pools", data=GPU)
        found = await api.get(made.headers["Location"].partition("/api/")[2])
        days = await slots(api, "gpu")
        edit = {name: value for name, value in found.json().items() if name in EDITABLE}
        edited = await api.post("pools/gpu", json=edit | {"kept_percent": 50})
        after = await slots(api, "gpu")
        deleted = await api.delete("pools/gpu")
        gone = await api.get("pools/gpu")
    body = made.json()
    assert (made.status_code, found.json()) == (201, body)
    assert (body["site"], body["hardware"], body["cluster"]) == ("edinburgh", ["gpu", "ssd"], None)
    assert (again.status_code, again.json()["code"]) == (409, "pool-exists")
    assert days[1]["physical"] == days[1]["available"] == body["resources"]
    assert edited.json()["kept_percent"] == 50
    assert (after[1]["physical"]["gpus"], after[1]["available"]["gpus"]) == (4, 2)
    assert (deleted.status_code, gone.status_code) == (204, 404)


EDITABLE = {
    "resources", "core_overcommit", "kept_percent", "site", "hardware", "source", "aggregate",
}  # fmt: skip


async def test_a_pool_that_something_refers_to_stays(booking: RunningService) -> None:
    async with booking.program(*POOLS) as api:
        await api.post("pools", data=GPU)
        await api.post("capacities", data=capacity(pool="gpu"))
        used = await api.delete("pools/gpu")
        machine = await api.delete("pools/embedded")
        unknown = await api.delete("pools/nothing")
    assert (used.status_code, used.json()["code"]) == (409, "pool-in-use")
    assert "has 1 allocation," in used.json()["message"]
    assert (machine.status_code, machine.json()["code"]) == (409, "embedded-pool")
    assert unknown.status_code == 404


async def test_an_allocation_counts_from_its_start_to_its_end(booking: RunningService) -> None:
    async with booking.program(*POOLS) as api:
        made = await api.post("capacities", data=capacity())
        given = await cores(api), await cores(api, "physical")
        one = f"capacities/{made.json()['id']}"
        found = (await api.get(one)).json()
        later = capacity(ends_at="") | {"starts_at": soon(48).isoformat(), "cores": "2"}
        del later["pool"]
        edited = await api.post(one, data=later)
        moved = await cores(api)
        deleted = await api.delete(one)
        back = await cores(api)
        listed = (await api.get("capacities")).json()
    assert made.status_code == 201
    assert found == made.json()
    assert (found["source"], found["effect"]) == ("hand", "adds")
    assert given == ([6, 9, 9, 6], [2, 3, 3, 2])
    assert (edited.json()["ends_at"], moved) == (None, [6, 6, 6, 12])
    assert (deleted.status_code, back, listed) == (204, [6, 6, 6, 6], [])


async def test_maintenance_takes_away_what_is_there_and_no_more(booking: RunningService) -> None:
    async with booking.program(*POOLS) as api:
        await api.post("capacities", data=capacity(effect="removes", cores="99"))
        hours = await slots(api, by="hour")
    assert [hours[place]["bookable"]["cores"] for place in (23, 24, 48)] == [6, 0, 6]
    assert hours[24]["bookable"]["memory_bytes"] == 3 * GIB


async def test_what_is_given_is_counted_in_whole_hours_only(booking: RunningService) -> None:
    half = timedelta(minutes=30)
    times = {
        "starts_at": (soon(24) + half).isoformat(),
        "ends_at": (soon(48) + half).isoformat(),
    }
    async with booking.program(*POOLS) as api:
        one = (await api.post("capacities", data=capacity(**times))).json()["id"]
        given = await cores(api)
        await api.delete(f"capacities/{one}")
        await api.post("capacities", data=capacity(**times, effect="removes"))
        taken = await cores(api)
    assert given == [6, 6, 9, 6]  # the first hour is not whole, the last one is not either
    assert taken == [6, 3, 3, 3]


@pytest.mark.parametrize(
    ("changes", "status", "code", "words"),
    [
        ({"ends_at": "2026-01-01T00:00"}, 400, "end-before-start", "after the start"),
        ({"cores": "0", "memory_bytes": "0"}, 400, "nothing-asked", "more than 0"),
        ({"cores": "-1"}, 400, "invalid-request", "cores"),
        ({"cores": "1e308"}, 400, "invalid-request", "cores"),
        ({"cores": "inf"}, 400, "invalid-request", "cores"),
        ({"memory_bytes": "lots"}, 400, "invalid-request", "such as 1.5 GiB"),
        ({"gpus": "1.5"}, 400, "invalid-request", "gpus"),
        ({"starts_at": "soon"}, 400, "invalid-request", "starts_at"),
        ({"starts_at": "2027-02-29T00:00"}, 400, "invalid-request", "starts_at"),
        ({"pool": "nothing"}, 404, "not-found", "no pool nothing"),
        ({"title": " "}, 400, "invalid-request", "title"),
    ],
)
async def test_an_allocation_that_cannot_be_meant_is_refused(
    booking: RunningService, changes: dict[str, str], status: int, code: str, words: str
) -> None:
    async with booking.program(*POOLS) as api:
        answer = await api.post("capacities", data=capacity(**changes))
        listed = (await api.get("capacities")).json()
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert words in answer.json()["message"]
    assert listed == []


@pytest.mark.parametrize(
    "ends_at", ["9999-12-31T23:59:59Z", "2028-02-29T00:00:00+01:00", "0001-01-01T00:00+14:00"]
)
async def test_times_at_the_ends_of_the_calendar_are_no_trouble(
    booking: RunningService, ends_at: str
) -> None:
    async with booking.program(*POOLS) as api:
        answer = await api.post("capacities", data=capacity(ends_at=ends_at))
    assert answer.status_code in {201, 400}


async def test_an_allocation_is_edited_only_as_it_was_seen(booking: RunningService) -> None:
    async with booking.program(*POOLS) as api:
        made = await api.post("capacities", data=capacity())
        one = f"capacities/{made.json()['id']}"
        seen = {"If-Match": (await api.get(one)).headers["ETag"]}
        edit = capacity(cores="2")
        del edit["pool"]
        first = await api.post(one, data=edit, headers=seen)
        second = await api.post(one, data=edit, headers=seen)
        deleted = await api.delete(one, headers=seen)
    assert [answer.status_code for answer in (first, second, deleted)] == [200, 412, 412]


async def test_what_is_booked_stays_when_its_capacity_goes_and_is_listed(
    booking: RunningService,
) -> None:
    async with booking.program(*POOLS, BOOKINGS) as api:
        one = (await api.post("capacities", data=capacity(cores="2", memory_bytes="8 GiB"))).json()
        first = await book(booking, "alice", "small", (soon(30), soon(32)))
        later = await book(booking, "bob", "small", (soon(31), soon(33)))
        third = await book(booking, "carol", "small", (soon(40), soon(41)))
        fits = (await api.get("pools/embedded/overbooked")).json()
        await api.delete(f"capacities/{one['id']}")
        over = (await api.get("pools/embedded/overbooked")).json()
        said = {one["id"]: one["is_over_capacity"] for one in (await api.get("bookings")).json()}
        hours = await slots(api, by="hour")
        days = await slots(api)
        again = await api.post("capacities", data=capacity(cores="2", memory_bytes="8 GiB"))
        cured = (await api.get("pools/embedded/overbooked")).json()
    async with booking.process.manager.reading() as stores:
        notices = await stores.notices.due(soon(1), 10)
    assert (fits, again.status_code, cured) == ([], 201, [])
    assert {notice.account for notice in notices} == {"alice", "bob"}
    assert {notice.subject for notice in notices} == {"Your booking Work may not find its machines"}
    assert [one["id"] for one in over] == [later.id, first.id]
    assert {one["is_over_capacity"] for one in over} == {True}
    assert said == {first.id: True, later.id: True, third.id: False}
    assert third.id not in {one["id"] for one in over}
    assert [hours[place]["is_over_capacity"] for place in (30, 31, 32)] == [False, True, False]
    assert [hours[place]["available"]["memory_bytes"] for place in (30, 31)] == [2 * GIB, 0]
    assert sum(day["is_over_capacity"] for day in days) == 1


async def test_a_timeline_is_asked_for_by_any_time_and_step(booking: RunningService) -> None:
    async with booking.program(*POOLS) as api:
        start, end = soon(24), soon(24 * 15)
        query = {"from": start.strftime("%Y-%m-%dT%H:%MZ"), "to": end.isoformat()}
        weeks = await slots(api, **query, by="week")
        days = await slots(api, **query, by="day")
        wrong = [
            await api.get("pools/embedded/timeline", params=one)
            for one in (
                {"from": "2026-05-40"},
                {"from": "2020-01-01", "to": "2020-01-01"},
                {"from": "2020-01-01", "to": "2030-01-01", "by": "hour"},
                {"by": "year"},
            )
        ]
        past = await slots(api, **{"from": "2020-01-01", "to": "2020-02-01"})
    assert (len(weeks), len(days), past) == (2, 14, [])
    assert weeks[0]["starts_at"].startswith(start.strftime("%Y-%m-%dT%H"))
    codes = [(one.status_code, one.json()["code"]) for one in wrong]
    assert codes == [
        (400, "invalid-request"), (400, "end-before-start"),
        (400, "too-many-slots"), (400, "invalid-request"),
    ]  # fmt: skip


async def test_hours_open_up_to_the_horizon_and_old_ones_are_forgotten(
    booking: RunningService,
) -> None:
    manager = booking.process.manager
    now = first_hour(utcnow())
    await manager.pools.ensure()
    async with manager.writing() as stores:
        known = await stores.hours.known("embedded")
        old = Stretch(now - 36 * 24, now, Amount(1, 1, 1, 1))
        await stores.hours.fill("embedded", [old])
    manager.config.__dict__["horizon_days"] = 401
    for _ in range(2):
        await manager.pools.open_hours()
    async with manager.reading() as stores:
        after = await stores.hours.known("embedded")
        free = await stores.hours.free("embedded", known[1] - 1, after[1])
    assert after == (now - 35 * 24, known[1] + 24)
    assert {row[1:] for row in free} == {(6000, 6 * GIB, 2**60, 0)}


async def test_a_pool_is_counted_anew_quickly(booking: RunningService) -> None:
    manager = booking.process.manager
    await manager.pools.ensure()
    async with manager.writing() as stores:
        pool = await stores.pools.lock("embedded")
        started = time.monotonic()
        await manager.pools.count_anew(stores, pool.model_copy(update={"kept_percent": 10}))
        took = time.monotonic() - started
        known = await stores.hours.known("embedded")
    assert known[1] - known[0] >= 9600
    assert took < 2


async def test_an_operator_gives_a_pool_more_on_pages(booking: RunningService) -> None:
    async with booking.browser("olga", *POOLS, BOOKINGS) as browser:
        pool = await browser.get("pools/embedded")
        form = form_of(await browser.get("capacities/new?pool=embedded"))
        typed = form | {
            "title": "<b>Nodes</b>", "cores": "2", "memory_bytes": "8 GiB",
            "starts_at": soon(24).strftime("%Y-%m-%dT%H:%M"), "ends_at": "unbounded",
        }  # fmt: skip
        wrong = await browser.post("capacities/new", data=typed | {"memory_bytes": "lots"})
        made, twice = [await browser.post("capacities/new", data=typed) for _ in range(2)]
        thing = await browser.get(httpx.URL(booking.url).join(made.headers["Location"]))
        url = made.headers["Location"].removeprefix("/services/booking/")
        first = await book(booking, "alice", "small", (soon(30), soon(32)))
        await book(booking, "bob", "small", (soon(31), soon(33)))
        question = await browser.get(f"{url}/delete")
        deleted = await browser.post(f"{url}/delete", data=form_of(question))
        over = await browser.get("pools/embedded")
    assert "/services/booking/capacities/new?pool=embedded" in pool.text
    assert form["pool"] == "embedded"
    assert (wrong.status_code, 'value="lots"' in wrong.text) == (400, True)
    assert (made.status_code, twice.headers["Location"]) == (303, made.headers["Location"])
    assert "&lt;b&gt;Nodes" in thing.text
    assert "Nothing that is booked is cancelled" in question.text
    assert deleted.status_code == 303
    assert "More is booked than there is by now" in over.text
    assert f"/services/booking/bookings/{first.id}" in over.text
    assert "(over capacity)" in over.text


async def test_a_pools_page_shows_its_weeks_to_everybody(booking: RunningService) -> None:
    await book(booking, "alice", "small", (soon(24), soon(48)))
    async with booking.browser("bob", POOLS[0]) as browser:
        page = (await browser.get("pools/embedded")).text
        listed = (await browser.get("pools")).text
        forbidden = [
            (await browser.get(path)).status_code
            for path in ("pools/new", "pools/embedded/edit", "pools/embedded/delete")
        ]
    assert page.count('role="img"') == 2
    assert "Cores: At most 3 cores booked at once; at least 6 cores of 8 cores" in page
    assert "<polyline" in page
    assert "By days, in UTC" in page
    assert "capacities/new" not in page
    assert "alice" not in page
    assert "pools/new" not in listed
    assert forbidden == [403, 403, 403]


async def test_an_operator_makes_a_pool_on_pages(booking: RunningService) -> None:
    async with booking.browser("olga", *POOLS) as browser:
        form = form_of(await browser.get("pools/new"))
        made = await browser.post("pools/new", data=form | GPU)
        again = await browser.post("pools/new", data=form | GPU | {"_key": ""})
        question = await browser.get("pools/gpu/delete")
        deleted = await browser.post("pools/gpu/delete", data=form_of(question))
        machine = await browser.post("pools/embedded/delete", data=form_of(question))
    assert (made.status_code, made.headers["Location"]) == (303, "/services/booking/pools/gpu")
    assert again.status_code == 409
    assert deleted.status_code == 303
    assert (machine.status_code, "not deleted" in machine.text) == (409, True)
