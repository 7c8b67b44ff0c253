"""Bookings over REST: made, read, listed, renamed; who may, and what fits."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import time_machine

from aglais_booking import service
from aglais_hub.client.mock import MockPlatform
from aglais_hub.events import EventLog
from aglais_hub.models.limits import OverridesEdit
from aglais_hub.scopes import roles
from tests.booking.world import (
    GIB,
    READ,
    SMALL,
    WRITE,
    admin,
    book,
    booking_of,
    owner,
    refusal,
    spans,
)
from tests.support.hub import HubDouble
from tests.support.services import RunningService


async def test_days_are_booked_from_midnight_to_midnight_in_the_zone(desk: RunningService) -> None:
    async with owner(desk, "alice") as api:
        made = await book(api, zone="Europe/London", last_day="2026-06-04", first_day="2026-06-03")
        found = await api.get(made.headers["Location"].partition("/api/")[2])
    body = made.json()
    assert made.status_code == 201, made.text
    assert found.json() == body
    assert (body["account"], body["state"], body["pool"]) == ("alice", "booked", "embedded")
    assert spans(made) == [("2026-06-02T23:00:00Z", "2026-06-04T23:00:00Z")]
    assert (body["starts_at"], body["ends_at"]) == ("2026-06-02T23:00:00Z", "2026-06-04T23:00:00Z")
    assert (body["limits"]["worker_count"], body["sequence"]) == (1, 0)


async def test_what_is_full_is_refused_with_what_fits_and_when(desk: RunningService) -> None:
    async with admin(desk) as api:
        for _ in range(3):
            assert (await book(api, account="nora")).status_code == 201
        full = await book(api, account="alice", zone="Europe/Paris")
        medium = await book(api, account="alice", package="medium")
        short = await book(api, account="alice", start="2026-06-04T22:00", end="2026-06-05T02:00")
        after = await book(api, account="alice", first_day="2026-06-05")
    assert refusal(full) == (409, "overbooked")
    assert "2026-06-05 02:00 to 2026-06-07 02:00 (Europe/Paris)" in full.json()["message"]
    assert "2026-06-05 00:00 to 2026-06-07 00:00 (UTC)" in medium.json()["message"]
    assert "2026-06-05 00:00 to 04:00 (UTC)" in short.json()["message"]
    assert after.status_code == 201


async def test_a_refusal_names_what_would_fit_then(desk: RunningService) -> None:
    async with admin(desk) as api:
        for _ in range(2):
            await book(api, account="nora")
        refused = await book(api, account="alice", package="medium")
    assert refusal(refused) == (409, "overbooked")
    assert "This would fit then: small." in refused.json()["message"]


async def test_all_spans_are_booked_or_none(desk: RunningService) -> None:
    three = [
        {"start": f"2026-06-0{day}T09:00", "end": f"2026-06-0{day}T17:00"} for day in (2, 3, 5)
    ]
    async with admin(desk) as api:
        for _ in range(3):
            await book(api, account="nora")
        refused = await book(api, account="alice", spans=three)
        mine = await api.get("bookings", params={"account": "alice"})
        other = await book(api, account="alice", spans=[three[0], three[2]])
    assert refusal(refused) == (409, "overbooked")
    assert "span 2 of 3" in refused.json()["message"]
    assert mine.json() == []
    assert len(spans(other)) == 2


async def test_people_book_at_once_and_no_more_than_fit_get_it(desk: RunningService) -> None:
    async with admin(desk) as api:
        names = ["alice", "bob", "nora"] * 4
        answers = await asyncio.gather(*(book(api, account=name) for name in names))
    codes = [answer.status_code for answer in answers]
    assert (codes.count(201), codes.count(409)) == (3, 9)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"package": "nothing"}, (404, "unknown-package")),
        ({"package": "tiny"}, (403, "package-not-bookable")),
        ({"package": "custom"}, (403, "package-not-bookable")),
        ({"sharing": "shared"}, (400, "sharing-not-bookable")),
        ({"sharing": "custom"}, (400, "sharing-not-bookable")),
        ({"hardware": ["gpu"]}, (400, "sharing-not-bookable")),
        ({"site": "cambridge"}, (400, "sharing-not-bookable")),
        ({"name": "  "}, (400, "invalid-request")),
        ({"name": "x" * 81}, (400, "invalid-request")),
        ({"account": "bob"}, (403, "forbidden")),
    ],
)
async def test_what_a_member_may_not_book(
    desk: RunningService, given: dict[str, Any], expected: tuple[int, str]
) -> None:
    async with owner(desk, "alice") as api:
        assert refusal(await book(api, **given)) == expected
        assert (await api.get("bookings")).json() == []


async def test_guests_book_nothing(desk: RunningService) -> None:
    async with owner(desk, "guest-1") as api:
        assert refusal(await book(api)) == (403, "package-not-bookable")


async def test_packages_of_an_account_alone_count_more_than_its_level(
    desk: RunningService, accounts: MockPlatform
) -> None:
    own = OverridesEdit(why="a course", bookable_packages=("tiny",))
    await accounts.clients.accounts.edit_limits("nora", own)
    async with owner(desk, "nora") as api:
        small, tiny = await book(api), await book(api, package="tiny")
    assert refusal(small) == (403, "package-not-bookable")
    assert "It may book tiny." in small.json()["message"]
    assert tiny.status_code == 201


async def test_an_account_is_asked_for_once_in_a_while_and_never_in_a_transaction(
    desk: RunningService, accounts: MockPlatform
) -> None:
    asked_in_transaction: list[bool] = []

    async def look(when: str, _request: Any) -> None:
        if when == "before":
            asked_in_transaction.append(desk.process.database.in_transaction)

    accounts.moment = look
    async with owner(desk, "alice") as api:
        for number in range(3):
            key = {"Idempotency-Key": f"k{number}"}
            day = {"first_day": f"2026-06-0{number + 3}", "last_day": f"2026-06-0{number + 3}"}
            made = await api.post("bookings", json=SMALL | day, headers=key)
            assert made.status_code == 201, made.text
    assert asked_in_transaction == [False]


async def test_where_accounts_do_not_answer_it_says_when_to_try_again(
    desk: RunningService, accounts: MockPlatform
) -> None:
    key = {"Idempotency-Key": "once"}
    async with owner(desk, "alice") as api:
        made = await api.post("bookings", json=SMALL, headers=key)
        desk.process.manager.bookers._known.clear()
        accounts.cut("accounts")
        refused = await book(api, first_day="2026-06-09")
        again = await api.post("bookings", json=SMALL, headers=key)
    assert (refusal(refused), refused.headers["Retry-After"]) == ((503, "unavailable"), "5")
    assert (again.status_code, again.json()) == (201, made.json())


async def test_the_same_key_is_one_booking_however_often_it_is_sent(desk: RunningService) -> None:
    key = {"Idempotency-Key": "once"}
    async with owner(desk, "alice") as api:
        sent = [api.post("bookings", json=SMALL, headers=key) for _ in range(5)]
        answers = await asyncio.gather(*sent)
        listed = (await api.get("bookings")).json()
        other = await api.post("bookings", json=SMALL | {"name": "Other"}, headers=key)
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.json()["id"] for answer in answers} == {listed[0]["id"]}
    assert len(listed) == 1
    assert refusal(other) == (409, "idempotency-key-reused")


async def test_events_tell_of_what_was_committed_only(
    database_url: str,
    hub: HubDouble,
    accounts: MockPlatform,
    clock: time_machine.Coordinates,
    tmp_path: Path,
) -> None:
    journal = tmp_path / "journal"
    async with booking_of(database_url, hub, accounts) as desk:
        desk.process.manager.bookings.events = EventLog("booking", str(journal))
        async with owner(desk, "alice") as api:
            made = await api.post("bookings", json=SMALL, headers={"Idempotency-Key": "a"})
            await api.post(
                "bookings", json=SMALL | {"package": "large"}, headers={"Idempotency-Key": "b"}
            )
    events = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [(one["event"], one["booking"]) for one in events] == [
        ("booking.made", made.json()["id"])
    ]


async def test_lists_show_ones_own_and_go_by_state(desk: RunningService) -> None:
    async with admin(desk) as api, owner(desk, "alice") as alice:
        first = (await book(api, account="alice")).json()
        second = (await book(api, account="alice", first_day="2026-06-09")).json()
        await book(api, account="bob")
        await api.post(f"bookings/{first['id']}/cancel", json={})
        everybody = (await api.get("bookings")).json()
        mine = (await alice.get("bookings")).json()
        cancelled = (await alice.get("bookings", params={"state": "cancelled"})).json()
        both = await alice.get("bookings", params={"state": ["booked", "cancelled"], "limit": 1})
        rest = await alice.get(both.links["next"]["url"].partition("/api/")[2])
        bobs = await alice.get("bookings", params={"account": "bob"})
        odd = await alice.get("bookings", params={"state": "lost"})
    assert len(everybody) == 3
    assert [one["id"] for one in mine] == [second["id"], first["id"]]
    assert [one["id"] for one in cancelled] == [first["id"]]
    assert [one["id"] for one in both.json() + rest.json()] == [second["id"], first["id"]]
    assert bobs.status_code == 403
    assert refusal(odd) == (400, "invalid-request")


async def test_a_booking_is_its_owners_alone(desk: RunningService) -> None:
    async with owner(desk, "alice") as alice, owner(desk, "bob") as bob:
        made = (await book(alice)).json()
        path, span = f"bookings/{made['id']}", made["spans"][0]["id"]
        times = {"start": "2026-06-10T09:00", "end": "2026-06-10T10:00"}
        asked = [
            await bob.get(path),
            await bob.get(f"{path}/changes"),
            await bob.post(path, json={"name": "Mine"}),
            await bob.post(f"{path}/cancel", json={}),
            await bob.post(f"{path}/spans/{span}", json=times),
            await bob.post(f"{path}/spans/{span}/cancel", json={}),
        ]
        unknown = await bob.get("bookings/nothing")
        same = (await alice.get(path)).json()
    assert [answer.status_code for answer in asked] == [404] * 6
    assert asked[0].json()["code"] == unknown.json()["code"]
    assert same == made


async def test_a_booking_is_renamed_only_as_it_was_seen(desk: RunningService) -> None:
    async with owner(desk, "alice") as api:
        made = (await book(api)).json()
        path = f"bookings/{made['id']}"
        seen = {"If-Match": (await api.get(path)).headers["ETag"]}
        edit = {"name": "Galaxies", "environment": "gaia"}
        renamed = await api.post(path, json=edit, headers=seen)
        stale = await api.post(path, json=edit, headers=seen)
        changes = (await api.get(f"{path}/changes")).json()
    assert renamed.json() == made | edit
    assert refusal(stale) == (412, "changed-meanwhile")
    told = [(one["what"], one["old"], one["new"], one["by"]) for one in changes]
    assert told == [
        ("environment", None, "gaia", "alice"),
        ("renamed", "Stars", "Galaxies", "alice"),
        ("made", None, "2026-06-03T00:00:00Z/2026-06-05T00:00:00Z", "alice"),
    ]


LIMITS = {
    "frontend": {"cores": 1, "memory_bytes": 2 * GIB},
    "worker": {"cores": 1, "memory_bytes": GIB},
    "worker_count": 2,
    "disk_bytes": GIB,
}


async def test_a_size_of_ones_own_is_booked_up_to_the_packages_limits(
    desk: RunningService,
) -> None:
    custom = {"package": "custom", "limits": LIMITS}
    large = LIMITS | {"worker_count": 200, "gpus": 1}
    async with owner(desk, "nora") as api:
        made = await book(api, **custom)
        too_large = await book(api, package="custom", limits=large)
        fixed = await book(api, limits=LIMITS)
        odd = [
            await book(
                api, package="custom", limits=LIMITS | {"worker": LIMITS["worker"] | {"cores": one}}
            )
            for one in (0, -1, 1e308, "nan", "Infinity")
        ]
    assert made.json()["limits"] == LIMITS | {"gpus": 0}
    assert refusal(too_large) == (400, "shape-too-large")
    assert "4 workers, not 200" in too_large.json()["message"]
    assert refusal(fixed) == (400, "shape-too-large")
    assert [refusal(answer) for answer in odd] == [(400, "invalid-request")] * 5


async def test_reserved_takes_whole_cores(desk: RunningService) -> None:
    async with admin(desk) as api:
        first = await book(api, account="nora", sharing="reserved")
        second = await book(api, account="nora", sharing="reserved")
        beside = await book(api, account="nora")
    # 3 cores of one's own are 12 promises, which is all that can be booked.
    assert (first.status_code, refusal(second)) == (201, (409, "overbooked"))
    assert refusal(beside) == (409, "overbooked")


async def test_site_and_hardware_choose_the_pool(desk: RunningService) -> None:
    pool = {
        "resources": {"cores": 8, "memory_bytes": 32 * GIB, "gpus": 2},
        "core_overcommit": 1,
        "kept_percent": 0,
    }
    async with admin(desk) as api:
        for name, site, hardware in (
            ("ral", "ral", ["ssd"]),
            ("cambridge", "cambridge", ["gpu", "ssd"]),
        ):
            made = await api.post(
                "pools", json=pool | {"name": name, "site": site, "hardware": hardware}
            )
            assert made.status_code == 201, made.text
        asked = {"account": "nora", "sharing": "custom"}
        there = await book(api, **asked, site="cambridge")
        first = await book(api, **asked, hardware=["ssd"])
        second = await book(api, **asked, hardware=["ssd"])
        gpu = await book(api, **asked, hardware=["gpu"])
        nowhere = await book(api, **asked, site="ral", hardware=["gpu"])
        anywhere = await book(api, **asked)
    assert [one.json().get("pool") for one in (there, first, second, gpu, anywhere)] == [
        "cambridge", "cambridge", "ral", None, "embedded",
    ]  # fmt: skip
    assert refusal(gpu) == (409, "overbooked")
    assert refusal(nowhere) == (409, "no-pool")
    assert "cambridge, ral" in nowhere.json()["message"]


async def test_spans_that_meet_within_an_hour_go_where_both_fit(desk: RunningService) -> None:
    other = {
        "name": "other",
        "resources": {"cores": 64, "memory_bytes": 64 * GIB},
        "core_overcommit": 1,
    }
    meeting = [
        {"start": "2026-06-03T09:00", "end": "2026-06-03T09:30"},
        {"start": "2026-06-03T09:30", "end": "2026-06-03T10:00"},
    ]
    async with admin(desk) as api:
        for _ in range(2):
            await book(api, account="nora")
        nowhere = await book(api, account="alice", spans=meeting)
        made = await api.post("pools", json=other)
        there = await book(api, account="alice", spans=meeting)
    assert refusal(nowhere) == (409, "overbooked")
    assert made.status_code == 201, made.text
    assert (there.status_code, there.json().get("pool")) == (201, "other")


async def test_a_pool_that_shrank_marks_what_is_booked_above_it(desk: RunningService) -> None:
    async with admin(desk) as api:
        made = [(await book(api, account="nora")).json() for _ in range(3)]
        shrunk = {"resources": {"cores": 4, "memory_bytes": 8 * GIB}, "core_overcommit": 4}
        await api.post("pools/embedded", json=shrunk)
        path = f"bookings/{made[0]['id']}"
        over = (await api.get(path)).json()
        span = f"{path}/spans/{made[0]['spans'][0]['id']}"
        times = {"start": "2026-06-03T00:00", "end": "2026-06-04T12:00"}
        shorter = await api.post(span, json=times)
        longer = await api.post(span, json=times | {"end": "2026-06-05T00:00"})
    assert (made[0]["is_over_capacity"], over["is_over_capacity"]) == (False, True)
    assert spans(shorter) == [("2026-06-03T00:00:00Z", "2026-06-04T12:00:00Z")]
    assert refusal(longer) == (409, "overbooked")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"name": 1}', b"\xff", json.dumps(SMALL | {"nonsense": 1}).encode()],
)
async def test_garbage_is_refused(desk: RunningService, body: bytes) -> None:
    async with owner(desk, "alice") as api:
        headers = {"Content-Type": "application/json"}
        answer = await api.post("bookings", content=body, headers=headers)
    assert answer.status_code == 400


async def test_a_form_books_as_json_does(desk: RunningService) -> None:
    form = SMALL | {"recurrence": "FREQ=WEEKLY;COUNT=2", "zone": "Europe/Berlin"}
    async with owner(desk, "alice") as api:
        made = await api.post("bookings", data=form)
    assert spans(made) == [
        ("2026-06-02T22:00:00Z", "2026-06-04T22:00:00Z"),
        ("2026-06-09T22:00:00Z", "2026-06-11T22:00:00Z"),
    ]


def test_people_may_read_and_write_their_own_bookings() -> None:
    user = next(one for one in roles([service]) if one["name"] == "user")
    assert {f"{READ}!user", f"{WRITE}!user"} <= set(user["scopes"])
