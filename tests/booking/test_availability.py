"""What is available when: as JSON, as a picture, and what nobody can have meant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from aglais_booking import service
from aglais_hub.identity import scope
from aglais_hub.models.bookings import SpanState
from tests.booking.booked import book
from tests.support.hub import HubDouble
from tests.support.services import RunningService, running

READ, BOOKINGS = scope("read", "packages"), scope("read", "bookings")
POOLS = scope("read", "pools"), scope("write", "pools")
GIB = 2**30
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MONDAY = datetime(2030, 6, 3, tzinfo=UTC)
NOW = MONDAY + 10 * HOUR


@pytest.fixture
async def booking(database_url: str, hub: HubDouble) -> AsyncIterator[RunningService]:
    """A machine of which 36 cores and 60 GiB can be booked; it is Monday, 10 o'clock."""
    with time_machine.travel(NOW, tick=False):
        machine = {"embedded_cores": 12, "embedded_memory_bytes": 80 * GIB}
        async with running(service, database_url, hub, **machine) as at_work:
            await at_work.process.manager.pools.ensure()
            yield at_work


async def shown(booking: RunningService, *scopes: str, **query: Any) -> dict[str, Any]:
    """Return what alice is shown, by package the states."""
    async with booking.api(booking.hub.token("alice", READ, *scopes)) as api:
        answer = await api.get("availability", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def states(answer: dict[str, Any]) -> dict[str, list[str]]:
    return {row["package"]: [cell["state"] for cell in row["cells"]] for row in answer["rows"]}


def counts(answer: dict[str, Any]) -> dict[str, list[int]]:
    return {row["package"]: [cell["count"] for cell in row["cells"]] for row in answer["rows"]}


async def test_the_weeks_picture_is_that_of_the_seed(booking: RunningService) -> None:
    await book(booking, "alice", "small", (MONDAY + 2 * DAY, MONDAY + 4 * DAY))
    await book(booking, "bob", "large", (MONDAY + 1 * DAY, MONDAY + 5 * DAY))
    async with booking.api(booking.hub.token("alice", READ)) as api:
        answer = await api.get("availability.txt", params={"period": "this-week"})
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == (
        "large  === --- --- --- --- === ===\n"
        "medium === === === === === === ===\n"
        "small  === ===[### ###]=== === ===\n"
        "tiny   === === === === === === ===\n"
        "custom === --- --- --- --- === ===\n"
        "       Mon Tue Wed Thu Fri Sat Sun\n"
        "\n"
        "2030-06-03 00:00 to 2030-06-10 00:00, UTC\n"
        "=== available   --- taken   ### yours   ... past   ~~~ not open yet\n"
    )


async def test_a_cell_says_how_many_more_fit_all_its_time(booking: RunningService) -> None:
    before = await shown(booking, package="small", period="tomorrow", by="day")
    noon = MONDAY + DAY + 12 * HOUR
    await book(booking, "bob", "medium", (noon, noon + timedelta(minutes=1)))
    after = await shown(booking, package="small", period="tomorrow", by="day")
    hours = await shown(booking, package="small", period="tomorrow")
    assert counts(before) == {"small": [12]}
    assert counts(after) == {"small": [10]}
    assert (hours["by"], len(hours["slots"])) == ("hour", 24)
    # The booking touches one hour, and takes all of it.
    assert counts(hours) == {"small": [12] * 12 + [10] + [12] * 11}


async def test_what_is_over_what_is_too_far_and_what_is_on(booking: RunningService) -> None:
    await book(booking, "alice", "medium", (MONDAY + 9 * HOUR, MONDAY + 11 * HOUR))
    today = await shown(booking, package="medium", period="today")
    assert states(today)["medium"] == ["past"] * 10 + ["mine"] + ["available"] * 13
    assert today["slots"][10]["title"] == "10"
    far = await shown(booking, **{"package": "medium", "from": "2031-06", "to": "2031-08"})
    assert far["by"] == "week"
    # 400 days can be booked: up to the 8th of July.
    assert states(far)["medium"] == ["available"] * 6 + ["closed"] * 8


async def test_a_level_sees_what_it_may_book(booking: RunningService) -> None:
    token = booking.hub.token("alice", READ)
    booking.hub.tokens[token]["groups"] = ["level-1"]
    far = {"from": "2030-08-30", "to": "2030-09-02", "by": "day", "package": "small"}
    async with booking.api(token) as api:
        seen = (await api.get("availability", params=far)).json()
        week = (await api.get("availability")).json()
    # Level 1 may start 90 days ahead at most: the 1st of September, 10 o'clock.
    assert states(seen) == {"small": ["available"] * 3 + ["closed"]}
    bookable = {row["package"]: row["is_bookable"] for row in week["rows"]}
    assert bookable == {
        "tiny": False, "small": True, "medium": True, "large": True, "custom": False,
    }  # fmt: skip


async def test_mine_is_mine_alone(booking: RunningService) -> None:
    times = (MONDAY + DAY, MONDAY + 2 * DAY)
    await book(booking, "alice", "small", times)
    await book(booking, "alice", "medium", times, states=[SpanState.CANCELLED])
    asked = {"period": "tomorrow", "by": "day", "package": "small,medium"}
    own = await shown(booking, **asked)
    async with (
        booking.api(booking.hub.token("bob", READ)) as his,
        booking.program(READ, BOOKINGS) as program,
    ):
        others = (await his.get("availability", params=asked)).json()
        refused = await his.get("availability", params=asked | {"account": "alice"})
        told = (await program.get("availability", params=asked | {"account": "alice"})).json()
    assert states(own) == states(told) == {"medium": ["available"], "small": ["mine"]}
    assert states(others) == {"medium": ["available"], "small": ["available"]}
    assert refused.status_code == 403


async def test_a_booking_that_is_to_be_moved_is_not_in_its_own_way(
    booking: RunningService,
) -> None:
    made = await book(booking, "alice", "large", (MONDAY + DAY, MONDAY + 2 * DAY))
    asked = {"period": "tomorrow", "by": "day", "package": "large"}
    mine = f"{BOOKINGS}!user=alice"
    assert states(await shown(booking, mine, **asked)) == {"large": ["mine"]}
    without = await shown(booking, mine, **asked, without=made.id)
    assert (states(without), counts(without)) == ({"large": ["available"]}, {"large": [1]})
    async with booking.api(booking.hub.token("bob", READ, f"{BOOKINGS}!user=bob")) as his:
        refused = await his.get("availability", params=asked | {"without": made.id})
    assert refused.status_code == 404
    async with booking.program(*POOLS) as operator:
        resources = {"cores": 2, "memory_bytes": 80 * GIB}
        await operator.post("pools/embedded", json={"resources": resources, "core_overcommit": 4})
    # The pool has shrunk below it meanwhile: what is given up is not there any more.
    assert states(await shown(booking, mine, **asked, without=made.id)) == {"large": ["taken"]}


async def test_a_size_of_ones_own(booking: RunningService) -> None:
    size = {"cores": 16.5, "memory_bytes": "20 GiB", "period": "tomorrow", "by": "day"}
    shared = await shown(booking, **size)
    reserved = await shown(booking, **size, sharing="reserved")
    both = await shown(booking, **size, package="tiny")
    gpus = await shown(booking, **size, gpus=1)
    assert shared["rows"][0]["title"] == "16.5 cores and 20 GiB"
    assert counts(shared) == {"custom": [2]}
    # Cores of one's own are whole ones, of which there are nine.
    assert counts(reserved) == {"custom": [0]}
    assert list(counts(both)) == ["tiny", "custom"]
    assert counts(gpus) == {"custom": [0]}


async def test_the_pool_that_has_most_of_it_counts(booking: RunningService) -> None:
    await add_pool(booking, "far", cores=1000, site="ral", hardware=["ssd"])
    await book(booking, "bob", "large", (MONDAY, MONDAY + 7 * DAY))
    asked = {"period": "tomorrow", "by": "day", "package": "large"}
    assert counts(await shown(booking, **asked)) == {"large": [15]}
    assert counts(await shown(booking, **asked, site="ral")) == {"large": [15]}
    assert counts(await shown(booking, **asked, hardware="ssd")) == {"large": [15]}
    assert counts(await shown(booking, **asked, site="mars")) == {"large": [0]}
    assert states(await shown(booking, **asked, hardware="ssd, gpu")) == {"large": ["taken"]}


async def add_pool(booking: RunningService, name: str, cores: float, **other: Any) -> None:
    manager = booking.process.manager.pools
    small = await manager.get("embedded")
    machines = small.resources.model_copy(update={"cores": cores, "memory_bytes": 800 * GIB})
    pool = small.model_copy(update={"name": name, "resources": machines, "core_overcommit": 1})
    async with manager.writing() as stores:
        await stores.pools.add(pool.model_copy(update=other))
        await manager.count_anew(stores, pool)


async def test_days_are_those_of_the_zone(booking: RunningService) -> None:
    # Clocks go back in London on the 27th of October, and forward on the 31st of March.
    async with booking.api(booking.hub.token("alice", READ)) as api:
        long = await api.get("availability", params={"from": "2030-10-27", "zone": "Europe/London"})
        short = await api.get(
            "availability", params={"from": "2031-03-30", "zone": "Europe/London"}
        )
    titles = [slot["title"] for slot in long.json()["slots"]]
    assert (len(titles), titles[:4]) == (25, ["00", "01", "01", "02"])
    assert len(short.json()["slots"]) == 23
    assert {row["package"]: len(row["cells"]) for row in long.json()["rows"]}["tiny"] == 25


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"zone": "Mars/Olympus"}, 400, "unknown-zone"),
        ({"zone": "../../etc/passwd"}, 400, "unknown-zone"),
        ({"zone": "Europe"}, 400, "unknown-zone"),
        ({"package": "huge"}, 404, "unknown-package"),
        ({"package": ["small", "huge"]}, 404, "unknown-package"),
        ({"package": "NO!"}, 400, "invalid-request"),
        ({"period": "whenever"}, 400, "unknown-period"),
        ({"period": "today", "from": "2030-01-01"}, 400, "invalid-request"),
        ({"from": "2030-02-30"}, 400, "unknown-period"),
        ({"from": "2031-02-29"}, 400, "unknown-period"),
        ({"from": "yesterday"}, 400, "unknown-period"),
        ({"from": "9999-12-31"}, 400, "unknown-period"),
        ({"from": "0001-01-01"}, 400, "unknown-period"),
        ({"from": "2030-06-05", "to": "2030-06-04"}, 400, "end-before-start"),
        ({"from": "2030-06", "to": "2030-05"}, 400, "end-before-start"),
        ({"to": "2030-06-02"}, 400, "end-before-start"),
        ({"from": "2030-01-01", "to": "2040-01-01", "by": "day"}, 400, "too-long"),
        ({"from": "1970-01-01", "to": "2199-12-31"}, 400, "too-long"),
        ({"by": "minute"}, 400, "invalid-request"),
        ({"cores": "4"}, 400, "invalid-request"),
        ({"gpus": "4"}, 400, "invalid-request"),
        ({"cores": "1e308", "memory_bytes": "1 GiB"}, 400, "invalid-request"),
        ({"cores": "nan", "memory_bytes": "1 GiB"}, 400, "invalid-request"),
        ({"cores": "-1", "memory_bytes": "1 GiB"}, 400, "invalid-request"),
        ({"cores": "0", "memory_bytes": "1 GiB"}, 400, "invalid-request"),
        ({"cores": "1", "memory_bytes": "a lot"}, 400, "invalid-request"),
        ({"sharing": "stolen"}, 400, "invalid-request"),
        ({"tomorow": ""}, 200, ""),
        ({"tomorow": "yes"}, 400, "invalid-request"),
        ({"without": "nothing"}, 404, "not-found"),
    ],
)
async def test_what_nobody_can_have_meant(
    booking: RunningService, query: dict[str, Any], status: int, code: str
) -> None:
    async with booking.api(booking.hub.token("alice", READ)) as api:
        answer = await api.get("availability", params=query)
    assert answer.status_code == status, answer.text
    assert answer.json().get("code", "") == code


async def test_nobody_asks_without_the_scope(booking: RunningService) -> None:
    async with booking.api(None) as nobody, booking.api(booking.hub.token("eve")) as eve:
        statuses = [(await one.get("availability")).status_code for one in (nobody, eve)]
    assert statuses == [401, 403]
