"""Other times for what is booked: extended, shortened, moved, cancelled; and its history."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import time_machine

from tests.booking.world import admin, book, owner, refusal, spans
from tests.support.services import RunningService

MORNING = {"start": "2026-06-03T09:00", "end": "2026-06-03T12:00"}


async def made(api: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    answer = await book(api, **MORNING | given)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def edit(
    api: httpx.AsyncClient, booking: dict[str, Any], start: str, end: str, **more: Any
) -> httpx.Response:
    span = booking["spans"][0]["id"]
    times = {"start": f"2026-06-{start}", "end": f"2026-06-{end}"} | more
    return await api.post(f"bookings/{booking['id']}/spans/{span}", json=times)


async def free(booking: RunningService) -> dict[str, int]:
    """Return the hours in which less than everything is free, and how many small ones fit."""
    manager = booking.process.manager.pools
    async with manager.reading() as stores:
        hours = await stores.hours.free("embedded", 0, 2**31 - 1)
    short = {hour: memory // (4 * 2**30) for hour, _, memory, *_ in hours if memory < 12 * 2**30}
    times = {datetime.fromtimestamp(hour * 3600, UTC): left for hour, left in short.items()}
    return {f"{at.day}T{at.hour:02}": left for at, left in times.items()}


@pytest.mark.parametrize(
    ("start", "end", "what"),
    [
        ("03T09:00", "03T15:00", "extended"),
        ("03T07:00", "03T12:00", "extended"),
        ("03T10:00", "03T11:00", "shortened"),
        ("03T11:00", "03T14:00", "moved"),
        ("20T09:00", "20T12:00", "moved"),
    ],
)
async def test_a_span_is_given_other_times(
    desk: RunningService, start: str, end: str, what: str
) -> None:
    async with owner(desk, "alice") as api:
        booking = await made(api)
        edited = await edit(api, booking, start, end, why="the talk is later")
        changes = (await api.get(f"bookings/{booking['id']}/changes")).json()
    assert spans(edited) == [(f"2026-06-{start}:00Z", f"2026-06-{end}:00Z")]
    assert edited.json()["sequence"] == 1
    assert (edited.json()["starts_at"], edited.json()["ends_at"]) == spans(edited)[0]
    assert (changes[0]["what"], changes[0]["why"], changes[0]["by"]) == (
        what, "the talk is later", "alice",
    )  # fmt: skip
    assert changes[0]["old"] == "2026-06-03T09:00:00Z/2026-06-03T12:00:00Z"
    first, last = int(start[3:5]), int(end[3:5])
    day = int(start[:2])
    assert await free(desk) == {f"{day}T{hour:02}": 2 for hour in range(first, last)}


async def test_what_is_extended_into_a_full_time_stays_as_it_was(desk: RunningService) -> None:
    async with admin(desk) as api:
        booking = await made(api, account="alice")
        for _ in range(3):
            await made(api, account="nora", start="2026-06-03T13:00", end="2026-06-03T15:00")
        before = await free(desk)
        refused = await edit(api, booking, "03T09:00", "03T14:00")
        moved = await edit(api, booking, "03T13:00", "03T16:00")
        same = (await api.get(f"bookings/{booking['id']}")).json()
        shifted = await edit(api, booking, "03T10:00", "03T13:00")
    assert refusal(refused) == (409, "overbooked")
    assert "2026-06-03 15:00 to 20:00 (UTC)" in refused.json()["message"]
    assert refusal(moved) == (409, "overbooked")
    assert same == booking
    assert before == {
        "3T09": 2, "3T10": 2, "3T11": 2, "3T13": 0, "3T14": 0,
    }  # fmt: skip
    assert shifted.status_code == 200


async def test_nothing_changed_is_no_change(desk: RunningService) -> None:
    async with owner(desk, "alice") as api:
        booking = await made(api)
        same = await edit(api, booking, "03T09:00", "03T12:00")
        changes = (await api.get(f"bookings/{booking['id']}/changes")).json()
    assert same.json() == booking
    assert [one["what"] for one in changes] == ["made"]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("03T12:00", "03T09:00", (400, "end-before-start")),
        ("01T07:00", "01T12:00", (400, "span-in-past")),
        ("05T10:00", "05T12:00", (400, "spans-overlap")),
        ("03T09:00", "30T09:00", (400, "spans-overlap")),
        ("06T09:00", "29T09:00", (400, "span-too-long")),
    ],
)
async def test_times_that_cannot_be_had(
    desk: RunningService, start: str, end: str, expected: tuple[int, str]
) -> None:
    two = [MORNING, {"start": "2026-06-05T09:00", "end": "2026-06-05T11:00"}]
    async with owner(desk, "alice") as api:
        answer = await book(api, spans=two)
        assert refusal(await edit(api, answer.json(), start, end)) == expected
        unknown = await api.post(
            f"bookings/{answer.json()['id']}/spans/{'0' * 32}",
            json={"start": "2026-06-07T09:00", "end": "2026-06-07T10:00"},
        )
        again = (await api.get(f"bookings/{answer.json()['id']}")).json()
    assert refusal(unknown) == (404, "not-found")
    assert again == answer.json()


async def test_a_span_under_way_keeps_its_start_and_holds_from_this_hour_on(
    desk: RunningService, clock: time_machine.Coordinates
) -> None:
    async with owner(desk, "alice") as api:
        booking = await made(api)
        clock.move_to("2026-06-03T10:30:00Z")
        active = (await api.get(f"bookings/{booking['id']}")).json()
        longer = await edit(api, booking, "03T11:00", "03T14:00")
        over = await edit(api, booking, "03T09:00", "03T10:15")
        left = await free(desk)
        shorter = await edit(api, booking, "03T09:00", "03T10:45")
    assert (active["state"], active["spans"][0]["state"]) == ("active", "active")
    assert spans(longer) == [("2026-06-03T09:00:00Z", "2026-06-03T14:00:00Z")]
    assert refusal(over) == (400, "span-in-past")
    assert left == {f"3T{hour}": 2 for hour in (10, 11, 12, 13)}
    assert spans(shorter) == [("2026-06-03T09:00:00Z", "2026-06-03T10:45:00Z")]


async def test_what_is_cancelled_is_free_again(desk: RunningService) -> None:
    async with owner(desk, "alice") as api:
        booking = await made(api)
        path = f"bookings/{booking['id']}"
        cancelled = await api.post(f"{path}/cancel", json={"why": "ill"})
        again = await api.post(f"{path}/cancel", json={})
        edited = await edit(api, booking, "04T09:00", "04T12:00")
        changes = (await api.get(f"{path}/changes")).json()
    body = cancelled.json()
    assert (body["state"], body["spans"][0]["state"], body["sequence"]) == (
        "cancelled", "cancelled", 1,
    )  # fmt: skip
    assert refusal(again) == refusal(edited) == (409, "too-late")
    assert (changes[0]["what"], changes[0]["why"]) == ("cancelled", "ill")
    assert await free(desk) == {}


async def test_one_span_is_cancelled_and_the_others_stay(desk: RunningService) -> None:
    async with owner(desk, "alice") as api:
        booking = await made(api, recurrence="FREQ=DAILY;COUNT=3")
        path = f"bookings/{booking['id']}/spans"
        first, second, third = (span["id"] for span in booking["spans"])
        one = await api.post(f"{path}/{first}/cancel", json={})
        again = await api.post(f"{path}/{first}/cancel", json={})
        unknown = await api.post(f"{path}/nothing/cancel", json={})
        states = [span["state"] for span in one.json()["spans"]]
        await api.post(f"{path}/{second}/cancel", json={})
        last = await api.post(f"{path}/{third}/cancel", json={})
    assert (one.json()["state"], states) == ("booked", ["cancelled", "booked", "booked"])
    assert one.json()["starts_at"] == "2026-06-04T09:00:00Z"
    assert refusal(again) == (409, "too-late")
    assert refusal(unknown) == (404, "not-found")
    assert last.json()["state"] == "cancelled"
    assert await free(desk) == {}


async def test_what_is_under_way_ends_now_and_the_rest_is_given_back(
    desk: RunningService, clock: time_machine.Coordinates
) -> None:
    async with owner(desk, "alice") as api:
        booking = await made(api, recurrence="FREQ=DAILY;COUNT=2")
        clock.move_to("2026-06-03T10:30:00Z")
        ended = await api.post(f"bookings/{booking['id']}/cancel", json={})
        left = await free(desk)
    body = ended.json()
    assert [span["state"] for span in body["spans"]] == ["ended", "cancelled"]
    assert body["state"] == "ended"
    assert (body["starts_at"], body["ends_at"]) == ("2026-06-03T09:00:00Z", "2026-06-03T10:30:00Z")
    # The session is still there for a moment: this hour stays held.
    assert {hour: count for hour, count in left.items() if hour >= "3T10"} == {"3T10": 2}


async def test_many_who_cancel_at_once_cancel_once(desk: RunningService) -> None:
    async with owner(desk, "alice") as api:
        booking = await made(api)
        path = f"bookings/{booking['id']}/cancel"
        answers = await asyncio.gather(*(api.post(path, json={}) for _ in range(5)))
        changes = (await api.get(f"bookings/{booking['id']}/changes")).json()
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert [one["what"] for one in changes] == ["cancelled", "made"]
    assert await free(desk) == {}


async def test_moves_at_once_leave_one_of_them(desk: RunningService) -> None:
    async with owner(desk, "alice") as api:
        booking = await made(api)
        days = [f"{day:02}" for day in range(5, 10)]
        await asyncio.gather(*(edit(api, booking, f"{day}T09:00", f"{day}T12:00") for day in days))
        after = (await api.get(f"bookings/{booking['id']}")).json()
    day = int(after["spans"][0]["starts_at"][8:10])
    assert after["sequence"] == 5
    assert await free(desk) == {f"{day}T{hour:02}": 2 for hour in (9, 10, 11)}


async def test_changes_are_made_only_over_the_state_that_was_seen(desk: RunningService) -> None:
    async with owner(desk, "alice") as api:
        booking = await made(api)
        path = f"bookings/{booking['id']}"
        seen = {"If-Match": (await api.get(path)).headers["ETag"]}
        await edit(api, booking, "04T09:00", "04T12:00")
        span = f"{path}/spans/{booking['spans'][0]['id']}"
        times = {"start": "2026-06-05T09:00", "end": "2026-06-05T12:00"}
        stale = [
            await api.post(span, json=times, headers=seen),
            await api.post(f"{span}/cancel", json={}, headers=seen),
            await api.post(f"{path}/cancel", json={}, headers=seen),
        ]
    assert [refusal(answer) for answer in stale] == [(412, "changed-meanwhile")] * 3


async def test_the_clock_notes_what_began_here(
    desk: RunningService, clock: time_machine.Coordinates
) -> None:
    async with owner(desk, "alice") as api:
        booking = await made(api, start="2026-06-01T09:00", end="2026-06-01T12:00")
        await desk.process.manager.clock.tick()
        clock.move_to("2026-06-01T12:00:00Z")
        await desk.process.manager.clock.tick()
        after = (await api.get(f"bookings/{booking['id']}")).json()
        changes = (await api.get(f"bookings/{booking['id']}/changes")).json()
    assert (booking["state"], booking["starts_at"]) == ("active", "2026-06-01T09:20:00Z")
    assert after["state"] == "ended"
    assert [one["what"] for one in changes] == ["ended", "started", "made"]
