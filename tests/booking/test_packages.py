"""Packages and pools of the booking service, over REST and as pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from aglais_booking import service
from aglais_booking.amounts import first_hour
from aglais_booking.machine import machine_cores, machine_memory_bytes
from aglais_hub.identity import scope
from tests.booking.booked import book, soon
from tests.support.hub import HubDouble
from tests.support.pages import form_of
from tests.support.services import RunningService, running

READ, WRITE = scope("read", "packages"), scope("write", "packages")
POOLS = scope("read", "pools"), scope("write", "pools")
ADMISSIONS = scope("read", "admissions"), scope("write", "admissions")
GIB = 2**30
TOY = {
    "name": "toy",
    "title": "For a course",
    "startable_from_level": "0",
    "limits.frontend.cores": "0.5",
    "limits.frontend.memory_bytes": "1.25 GiB",
    "limits.worker.cores": "1",
    "limits.worker.memory_bytes": "768 MiB",
    "limits.worker_count": "1",
    "limits.disk_bytes": "1 GiB",
}


@pytest.fixture
async def booking(database_url: str, hub: HubDouble) -> AsyncIterator[RunningService]:
    machine = {"embedded_cores": 2, "embedded_memory_bytes": 8 * GIB}
    async with running(service, database_url, hub, **machine) as service_:
        yield service_


async def edit_of(api: httpx.AsyncClient, name: str, **changes: Any) -> dict[str, Any]:
    package: dict[str, Any] = (await api.get(f"packages/{name}")).json()
    del package["name"]
    return package | changes


async def test_packages_come_with_the_platform(booking: RunningService) -> None:
    async with booking.program(READ) as api:
        packages = {one["name"]: one for one in (await api.get("packages")).json()}
    tiny = packages["tiny"]["limits"]
    assert set(packages) == {"tiny", "small", "medium", "large", "custom"}
    assert list(packages)[:2] == ["tiny", "small"]
    assert (tiny["worker_count"], tiny["disk_bytes"]) == (1, GIB)
    assert [packages[name]["default_from_level"] for name in packages].count(None) == 3


async def test_a_package_is_edited_only_as_it_was_seen(booking: RunningService) -> None:
    async with booking.program(READ, WRITE) as api:
        seen = {"If-Match": (await api.get("packages/medium")).headers["ETag"]}
        edit = await edit_of(api, "medium", title="Half a machine")
        first = await api.post("packages/medium", json=edit, headers=seen)
        second = await api.post("packages/medium", json=edit, headers=seen)
        deleted = await api.delete("packages/medium", headers=seen)
    assert first.json()["title"] == "Half a machine"
    assert (second.status_code, second.json()["code"]) == (412, "changed-meanwhile")
    assert deleted.status_code == 412


async def test_a_package_is_made_and_deleted(booking: RunningService) -> None:
    async with booking.program(READ, WRITE) as api:
        made = await api.post("packages", data=TOY)
        again = await api.post("packages", data=TOY)
        found = await api.get(made.headers["Location"].partition("/api/")[2])
        deleted = await api.delete("packages/toy")
        gone = [await api.get("packages/toy"), await api.delete("packages/toy")]
        default = await api.delete("packages/small")
        reserved = await api.post("packages", data=TOY | {"name": "new"})
    assert (made.status_code, found.json()) == (201, made.json())
    assert made.json()["limits"]["frontend"]["memory_bytes"] == 1.25 * GIB
    assert (again.status_code, again.json()["code"]) == (409, "package-exists")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert [answer.json()["code"] for answer in gone] == ["unknown-package"] * 2
    assert (default.status_code, default.json()["code"]) == (409, "default-needed")
    assert reserved.status_code == 400


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"limits.frontend.memory_bytes": "1023 MiB"}, "package-too-small", "1 GiB or more"),
        ({"limits.worker.memory_bytes": "767 MiB"}, "package-too-small", "768 MiB or more"),
        ({"limits.worker.memory_bytes": "a lot"}, "invalid-request", "such as 1.5 GiB"),
        ({"limits.worker_count": "0"}, "invalid-request", "limits.worker_count"),
        ({"limits.worker.cores": "nan"}, "invalid-request", "limits.worker.cores"),
        ({"limits.disk_bytes": "9" * 400}, "invalid-request", "limits.disk_bytes"),
        ({"title": "x" * 81}, "invalid-request", "title"),
        ({"title": "a\0b"}, "invalid-request", "NUL"),
        ({"startable_from_level": "7"}, "invalid-request", "startable_from_level"),
        (
            {"startable_from_level": "2", "default_from_level": "1"},
            "default-not-startable",
            "level 2 only",
        ),
        ({"longest_seconds": "14 d"}, "not-bookable", "says how long it can be booked, but"),
        (
            {"bookable_count": "3", "is_custom": "true"},
            "not-bookable",
            "how often at once and that who books it chooses its size",
        ),
        ({"longest_seconds": "14 parsecs"}, "invalid-request", "such as 90 d"),
        ({"furthest_seconds": "0"}, "invalid-request", "furthest_seconds"),
        ({"bookable_count": "-1"}, "invalid-request", "bookable_count"),
        ({"limits.gpus": "65"}, "invalid-request", "limits.gpus"),
        ({"is_custom": "perhaps"}, "invalid-request", "is_custom"),
    ],
)
async def test_a_package_that_could_not_work_is_refused(
    booking: RunningService, changes: dict[str, str], code: str, words: str
) -> None:
    async with booking.program(READ, WRITE) as api:
        answer = await api.post("packages", data=TOY | changes)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert words in answer.json()["message"]


async def test_a_package_says_who_may_book_it_how(booking: RunningService) -> None:
    how = {
        "bookable_from_level": "1", "longest_seconds": "14 d", "furthest_seconds": "90 d",
        "bookable_count": "2", "is_custom": "true", "limits.gpus": "2",
    }  # fmt: skip
    async with booking.browser("olga", READ, WRITE) as browser:
        empty = form_of(await browser.get("packages/new"))
        await browser.post("packages/new", data=empty | TOY | how)
        seen = (await browser.get("packages/toy")).text
        form = form_of(await browser.get("packages/toy/edit"))
        unticked = {**form, "is_custom": "false", "longest_seconds": "unbounded"}
        saved = await browser.post("packages/toy/edit", data=unticked)
    async with booking.program(READ) as api:
        package = (await api.get("packages/toy")).json()
    assert "Longest booking" in seen
    assert (form["longest_seconds"], form["furthest_seconds"]) == ("14 d", "90 d")
    assert (form["is_custom"], form["limits.gpus"]) == ("true", "2")
    assert saved.status_code == 303
    assert package["bookable_from_level"] == 1
    assert (package["is_custom"], package["longest_seconds"]) == (False, None)
    assert (package["furthest_seconds"], package["bookable_count"]) == (90 * 86_400, 2)


async def test_a_booking_keeps_the_size_of_a_package_that_is_deleted(
    booking: RunningService,
) -> None:
    async with booking.program(READ, WRITE, *POOLS) as api:
        await api.post("packages", data=TOY | {"bookable_from_level": "1"})
        await api.get("pools")
    made = await book(booking, "alice", "toy", (soon(24), soon(48)))
    async with booking.browser("olga", READ, WRITE) as browser:
        question = await browser.get("packages/toy/delete")
        deleted = await browser.post("packages/toy/delete", data=form_of(question))
    async with booking.process.manager.reading() as stores:
        kept = await stores.bookings.get(made.id)
        free = await stores.hours.free("embedded", first_hour(soon(24)), first_hour(soon(25)))
    assert "keep the size that they were promised" in question.text
    assert deleted.status_code == 303
    assert kept == made
    assert free[0][1] == 6000 - 1000 * made.limits.total.cores


async def test_a_default_passes_from_one_package_to_another(booking: RunningService) -> None:
    async with booking.program(READ, WRITE, *ADMISSIONS) as api:
        edit = await edit_of(api, "small", startable_from_level=0, default_from_level=0)
        passed = await api.post("packages/small", json=edit)
        tiny = (await api.get("packages/tiny")).json()
        admitted = await api.post("admissions", data={"account": "guest-1", "level": "0"})
        edit = await edit_of(api, "small", default_from_level=None)
        left_without = await api.post("packages/small", json=edit)
        unchanged = (await api.get("packages/small")).json()
    assert passed.json()["default_from_level"] == 0
    assert tiny["default_from_level"] is None
    assert admitted.json()["package"] == "small"
    assert (left_without.status_code, left_without.json()["code"]) == (409, "default-needed")
    assert unchanged["default_from_level"] == 0


@pytest.mark.parametrize(
    ("scopes", "see", "change", "change_pool"),
    [
        ((), 403, 403, 403),
        ((READ, POOLS[0]), 200, 403, 403),
        ((READ, f"{WRITE}!user=alice", f"{POOLS[1]}!user=alice"), 200, 403, 403),
        ((READ, WRITE, *POOLS), 200, 200, 200),
    ],
)
async def test_who_may_change_packages_and_pools(
    booking: RunningService, scopes: tuple[str, ...], see: int, change: int, change_pool: int
) -> None:
    pool = {"resources": {"cores": 1, "memory_bytes": GIB}, "core_overcommit": 1}
    async with booking.program(READ, WRITE) as operator:
        edit = await edit_of(operator, "medium")
    async with booking.api(booking.hub.token("alice", *scopes)) as api:
        statuses = [
            (await api.get("packages")).status_code,
            (await api.post("packages/medium", json=edit)).status_code,
            (await api.post("pools/embedded", json=pool)).status_code,
        ]
    assert statuses == [see, change, change_pool]


async def test_the_pool_of_this_machine_is_there_at_once(booking: RunningService) -> None:
    async with booking.program(*POOLS) as api:
        pools = (await api.get("pools")).json()
        usage = (await api.get("pools/embedded/usage")).json()
        unknown = await api.get("pools/elsewhere/usage")
    assert pools == [
        {
            "name": "embedded",
            "resources": {
                "cores": 2, "memory_bytes": 8 * GIB, "disk_bytes": None, "gpus": 0,
            },
            "core_overcommit": 4,
            "kept_percent": 25,
            "site": None,
            "hardware": [],
            "cluster": "embedded",
            "source": "hand",
            "aggregate": None,
            "reading": None,
            "read_at": None,
            "read_problem": None,
        }
    ]  # fmt: skip
    assert usage["free"] == usage["promisable"] == {
        "cores": 8, "memory_bytes": 8 * GIB, "disk_bytes": None, "gpus": 0,
    }  # fmt: skip
    assert unknown.status_code == 404


def test_the_machine_has_cores_and_memory() -> None:
    assert machine_cores() >= 1
    assert machine_memory_bytes() >= GIB
    assert machine_memory_bytes() % (GIB // 4) == 0


async def test_an_operator_edits_a_package_on_its_page(booking: RunningService) -> None:
    async with booking.browser("olga", READ, WRITE) as browser:
        thing = await browser.get("packages/tiny")
        form = form_of(await browser.get("packages/tiny/edit"))
        typed = form | {"limits.frontend.memory_bytes": "2 GiB", "title": "<b>Look</b>"}
        saved = await browser.post("packages/tiny/edit", data=typed)
        stale = await browser.post("packages/tiny/edit", data=typed | {"title": "Other"})
        small = typed | {"limits.worker.memory_bytes": "1 MiB"}
        refused = await browser.post("packages/tiny/edit", data=small)
        seen = await browser.get("packages/tiny")
    assert form["limits.frontend.memory_bytes"] == "1.5 GiB"
    assert "1.5 GiB" in thing.text
    assert "/packages/tiny/delete" in thing.text
    assert (saved.status_code, saved.headers["Location"]) == (
        303,
        "/services/booking/packages/tiny",
    )
    assert stale.status_code == 412
    assert refused.status_code == 400
    assert 'value="1 MiB"' in refused.text
    assert "2 GiB" in seen.text
    assert "&lt;b&gt;Look" in seen.text
    assert "<b>Look" not in seen.text


async def test_an_operator_makes_and_deletes_a_package_on_pages(booking: RunningService) -> None:
    async with booking.browser("olga", READ, WRITE) as browser:
        listed = await browser.get("packages")
        form = form_of(await browser.get("packages/new"))
        made = await browser.post("packages/new", data=form | TOY)
        again = await browser.post("packages/new", data=form | TOY)
        question = await browser.get("packages/toy/delete")
        deleted = await browser.post("packages/toy/delete", data=form_of(question))
        default = await browser.post("packages/tiny/delete", data=form_of(question))
        gone = await browser.get("packages/toy")
    assert "/services/booking/packages/new" in listed.text
    assert (made.status_code, made.headers["Location"]) == (303, "/services/booking/packages/toy")
    assert again.status_code == 409
    assert "There is a package toy already" in again.text
    assert (deleted.status_code, deleted.headers["Location"]) == (303, "/services/booking/packages")
    assert default.status_code == 409
    assert gone.status_code == 404


async def test_a_pool_page_shows_how_full_it_is(booking: RunningService) -> None:
    async with booking.program(*ADMISSIONS) as api:
        await api.post("admissions", data={"account": "alice", "level": "0"})
    async with booking.browser("olga", *POOLS) as browser:
        page = await browser.get("pools/embedded")
        form = form_of(await browser.get("pools/embedded/edit"))
        saved = await browser.post("pools/embedded/edit", data=form)
    assert "1 session now" in page.text
    assert "2 of 8 cores promised (2 physical), 6 free" in page.text
    assert 'aria-valuenow="31"' in page.text
    assert form["resources.memory_bytes"] == "8 GiB"
    assert saved.status_code == 303


async def test_an_operator_releases_an_admission_on_its_page(booking: RunningService) -> None:
    async with booking.program(*ADMISSIONS) as api:
        made = (await api.post("admissions", data={"account": "alice", "level": "0"})).json()
    url = f"admissions/{made['id']}"
    async with (
        booking.browser("olga", *ADMISSIONS) as browser,
        booking.browser("alice", f"{ADMISSIONS[0]}!user=alice") as hers,
        booking.browser("bob", f"{ADMISSIONS[0]}!user=bob") as his,
    ):
        seen = [await one.get(url) for one in (browser, hers, his)]
        question = await browser.get(f"{url}/release")
        forbidden = await hers.get(f"{url}/release")
        released = await browser.post(f"{url}/release", data=form_of(question))
        listed = await browser.get("admissions")
    assert [page.status_code for page in seen] == [200, 200, 404]
    assert ["/release" in page.text for page in seen] == [True, False, False]
    assert forbidden.status_code == 403
    assert released.status_code == 303
    assert "There are none yet" in listed.text
