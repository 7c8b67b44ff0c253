"""What is shown as available can be booked, what is taken cannot; and calendars hear of both."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import httpx
from icalendar import Calendar

from tests.booking.world import admin, book, owner
from tests.support.services import NO_TLS, RunningService

ZONE = "Europe/London"
WEEK = {"from": "2026-06-02", "to": "2026-06-08", "by": "day", "zone": ZONE}


async def test_each_cell_keeps_its_word(desk: RunningService) -> None:
    dice, monday = random.Random(7), datetime(2026, 6, 2, tzinfo=UTC)
    async with admin(desk) as api:
        for _ in range(9):
            start = monday + timedelta(minutes=dice.randrange(7 * 24 * 60))
            end = start + timedelta(minutes=dice.randint(1, 2 * 24 * 60))
            times = {"start": f"{start:%Y-%m-%dT%H:%M}", "end": f"{end:%Y-%m-%dT%H:%M}"}
            await book(api, account="nora", package=dice.choice(["small", "medium"]), **times)
        grid = (await api.get("availability", params=WEEK | {"package": "small,medium"})).json()
        told, found = [], []
        for row in grid["rows"]:
            for number, cell in enumerate(row["cells"]):
                day = f"2026-06-{2 + number:02}"
                days = {"first_day": day, "last_day": day, "zone": ZONE}
                tried = await book(api, account="alice", package=row["package"], **days)
                told.append((row["package"], day, cell["state"]))
                kept = {201: "available", 409: "taken"}[tried.status_code]
                found.append((row["package"], day, kept))
                if tried.status_code == 201:
                    await api.post(f"bookings/{tried.json()['id']}/cancel", json={})
    assert found == told
    assert {state for *_, state in told} == {"available", "taken"}


async def test_a_count_is_how_often_it_can_be_booked(desk: RunningService) -> None:
    day = {"first_day": "2026-06-03", "last_day": "2026-06-03"}
    asked = {"from": "2026-06-03", "by": "day", "package": "small"}
    async with admin(desk) as api:
        counts = []
        for _ in range(4):
            grid = (await api.get("availability", params=asked)).json()
            counts.append(grid["rows"][0]["cells"][0]["count"])
            last = (await book(api, account="nora", **day)).status_code
    assert counts == [3, 2, 1, 0]
    assert last == 409


async def test_a_calendar_follows_what_is_moved_and_given_back(desk: RunningService) -> None:
    async with owner(desk, "alice") as api:
        made = (await book(api)).json()
        path = (await api.post("feeds")).json()["url"].partition("/services/booking/")[2]
        first = await event(desk, path)
        span = f"bookings/{made['id']}/spans/{made['spans'][0]['id']}"
        moved = await api.post(span, json={"start": "2026-06-04T00:00", "end": "2026-06-06T00:00"})
        second = await event(desk, path)
        cancelled = await api.post(f"bookings/{made['id']}/cancel", json={})
        third = await event(desk, path)
    assert [answer.status_code for answer in (moved, cancelled)] == [200, 200]
    assert len({uid for uid, *_ in (first, second, third)}) == 1
    assert [status for _, _, status, _ in (first, second, third)] == [
        "CONFIRMED", "CONFIRMED", "CANCELLED",
    ]  # fmt: skip
    assert first[1] < second[1] < third[1]
    assert second[3] == datetime(2026, 6, 4, tzinfo=UTC)


async def event(desk: RunningService, path: str) -> tuple[str, int, str, datetime]:
    """Return identifier, revision, status and start of the only event in a feed."""
    async with httpx.AsyncClient(verify=NO_TLS) as calendar:
        answer = await calendar.get(desk.url + path)
    (one,) = Calendar.from_ical(answer.text).events
    return str(one["UID"]), int(one["SEQUENCE"]), str(one["STATUS"]), one.start
