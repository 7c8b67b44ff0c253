"""Fair use: data that administrators edit, and that every booking is measured with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aglais_booking.rules.fair_use import fullest_window
from aglais_booking.rules.periods import Period
from aglais_hub.identity import scope
from tests.booking.world import admin, book, owner, refusal, spans
from tests.support.pages import form_of
from tests.support.services import RunningService

HOUR = 3600
DAY = 24 * HOUR
USUAL = {
    "longest_seconds": 14 * DAY,
    "furthest_seconds": 90 * DAY,
    "booking_count": 5,
    "window_seconds": 30 * DAY,
    "window_booked_seconds": 240 * HOUR,
}


async def set_fair_use(api: httpx.AsyncClient, **changes: Any) -> None:
    answer = await api.post("fair-uses/1", json=USUAL | changes)
    assert answer.status_code == 200, answer.text


async def test_levels_have_their_fair_use_at_once(desk: RunningService) -> None:
    async with owner(desk, "alice") as api:
        found = (await api.get("fair-uses")).json()
        custom = (await api.get("fair-uses/n")).json()
        unknown = await api.get("fair-uses/7")
        refused = await api.post("fair-uses/1", json=USUAL)
    assert found[1] == USUAL | {"level": 1}
    assert [one["booking_count"] for one in found] == [0, 5, 20]
    assert custom["window_booked_seconds"] is None
    assert (unknown.status_code, refused.status_code) == (404, 403)


@pytest.mark.parametrize(
    "wrong", [{"longest_seconds": 0}, {"booking_count": -1}, {"window_seconds": 2**40}]
)
async def test_fair_use_that_means_nothing_is_refused(
    desk: RunningService, wrong: dict[str, int]
) -> None:
    async with admin(desk) as api:
        answer = await api.post("fair-uses/1", json=USUAL | wrong)
    assert refusal(answer) == (400, "invalid-request")


async def test_fair_use_is_edited_on_its_page_as_it_was_seen(desk: RunningService) -> None:
    held = scope("read", "packages"), scope("write", "packages")
    async with desk.browser("olga", *held) as browser:
        listed = await browser.get("fair-uses")
        form = form_of(await browser.get("fair-uses/1/edit"))
        saved = await browser.post("fair-uses/1/edit", data=form | {"longest_seconds": "3 d"})
        stale = await browser.post("fair-uses/1/edit", data=form | {"longest_seconds": "4 d"})
        seen = await browser.get("fair-uses/1")
    assert "10 d" in listed.text
    assert (form["longest_seconds"], saved.status_code, stale.status_code) == ("14 d", 303, 412)
    assert "3 d" in seen.text


async def test_a_span_is_as_long_and_as_far_ahead_as_is_fair(desk: RunningService) -> None:
    async with admin(desk) as api, owner(desk, "alice") as alice:
        await set_fair_use(api, longest_seconds=2 * DAY, furthest_seconds=10 * DAY)
        long = await book(alice, first_day="2026-06-03", last_day="2026-06-05")
        far = await book(alice, first_day="2026-06-12", last_day="2026-06-12")
        right = await book(alice, first_day="2026-06-11", last_day="2026-06-12")
        again = await book(
            alice, start="2026-06-03T09:00", end="2026-06-03T10:00",
            recurrence="FREQ=WEEKLY;COUNT=3",
        )  # fmt: skip
    assert refusal(long) == (400, "span-too-long")
    assert "2 d at a time" in long.json()["message"]
    assert refusal(far) == refusal(again) == (400, "too-far-ahead")
    assert "2026-06-11 09:20" in far.json()["message"]
    assert right.status_code == 201


async def test_a_package_may_say_it_for_itself(desk: RunningService) -> None:
    async with admin(desk) as api:
        package = (await api.get("packages/small")).json()
        del package["name"]
        own = {"longest_seconds": DAY, "furthest_seconds": 5 * DAY, "bookable_count": 1}
        await api.post("packages/small", json=package | own)
        long = await book(api, account="alice")
        far = await book(api, account="alice", first_day="2026-06-08")
        first = await book(api, account="alice", first_day="2026-06-03")
        second = await book(api, account="alice", first_day="2026-06-05")
        other = await book(api, account="alice", first_day="2026-06-05", package="medium")
    assert refusal(long) == (400, "span-too-long")
    assert refusal(far) == (400, "too-far-ahead")
    assert first.status_code == 201
    assert refusal(second) == (409, "too-many-bookings")
    assert other.status_code == 201, other.text


async def test_so_many_bookings_that_are_not_over(desk: RunningService, clock: Any) -> None:
    async with admin(desk) as api, owner(desk, "alice") as alice:
        await set_fair_use(api, booking_count=2)
        made = [await book(alice, first_day=f"2026-06-0{day}") for day in (3, 4)]
        third = await book(alice, first_day="2026-06-05")
        await alice.post(f"bookings/{made[0].json()['id']}/cancel", json={})
        instead = await book(alice, first_day="2026-06-05")
        clock.move_to("2026-06-05T00:00:00Z")
        later = await book(alice, first_day="2026-06-09")
        await set_fair_use(api, booking_count=0)
        none = await book(alice, first_day="2026-06-10")
    assert refusal(third) == (409, "too-many-bookings")
    assert [one.status_code for one in (instead, later)] == [201, 201]
    assert refusal(none) == (403, "booking-not-allowed")


async def test_so_much_time_in_any_window(desk: RunningService) -> None:
    async with admin(desk) as api, owner(desk, "alice") as alice:
        await set_fair_use(api, window_seconds=7 * DAY, window_booked_seconds=2 * DAY)
        first = await book(alice, first_day="2026-06-10")
        three = await book(alice, first_day="2026-06-04", recurrence="FREQ=DAILY;COUNT=2")
        later = await book(alice, first_day="2026-06-17", last_day="2026-06-18")
        beside = await book(alice, start="2026-06-16T00:00", end="2026-06-16T00:01")
        span = later.json()["spans"][0]["id"]
        path = f"bookings/{later.json()['id']}/spans/{span}"
        longer = await alice.post(path, json={"start": "2026-06-16T23:00", "end": "2026-06-19"})
        shifted = await alice.post(path, json={"start": "2026-06-18", "end": "2026-06-20"})
    assert first.status_code == 201
    assert refusal(three) == (409, "too-much-booked")
    assert "1 d are left" in three.json()["message"]
    assert later.status_code == 201, later.text
    assert refusal(beside) == (409, "too-much-booked")
    assert refusal(longer) == (409, "too-much-booked")
    assert spans(shifted) == [("2026-06-18T00:00:00Z", "2026-06-20T00:00:00Z")]


START = datetime(2026, 6, 1, tzinfo=UTC)
pairs = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), min_size=1, max_size=8)


@given(pairs, pairs, st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_the_fullest_window_is_the_fullest_of_all(
    earlier: list[tuple[int, int]], new: list[tuple[int, int]], length: int
) -> None:
    every, near, window = as_periods(earlier + new), as_periods(new), timedelta(hours=length)
    begin, seconds = fullest_window(every, near, window)
    first, last = min(one.start for one in near), max(one.end for one in near)
    by_hand = [
        booked_in(every, START + timedelta(hours=hour), window)
        for hour in range(-60, 140)
        if START + timedelta(hours=hour) <= last and START + timedelta(hours=hour) + window >= first
    ]
    assert seconds == pytest.approx(max(by_hand))
    assert booked_in(every, begin, window) == pytest.approx(seconds)


def as_periods(given: list[tuple[int, int]]) -> list[Period]:
    return [
        Period(START + timedelta(hours=start), START + timedelta(hours=start + length))
        for start, length in given
    ]


def booked_in(periods: list[Period], begin: datetime, window: timedelta) -> float:
    overlaps = (
        (min(one.end, begin + window) - max(one.start, begin)).total_seconds() for one in periods
    )
    return sum(max(0.0, overlap) for overlap in overlaps)
