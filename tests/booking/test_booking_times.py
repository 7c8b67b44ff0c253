"""Which times a booking is for: days, spans, recurrences, zones, and what is refused of them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aglais_booking.rules.periods import Period, periods_of
from aglais_hub.errors import AglaisError
from aglais_hub.models.bookings import BookingRequest
from tests.booking.world import MOMENTS, NOW, book, owner, refusal, spans
from tests.support.services import RunningService

AT = datetime.fromisoformat(NOW)
HORIZON = timedelta(days=400)
HOUR = timedelta(hours=1)


def periods(now: datetime = AT, **given: Any) -> list[Period]:
    return periods_of(BookingRequest.model_validate(MOMENTS | given), now, HORIZON)


def words(found: list[Period]) -> list[str]:
    return [f"{one.start:%m-%dT%H:%M}/{one.end:%m-%dT%H:%M}" for one in found]


def code(now: datetime = AT, **given: Any) -> str:
    with pytest.raises(AglaisError) as refused:
        periods(now, **given)
    assert refused.value.message.endswith((".", "?"))
    return refused.value.code


def test_every_weekend_in_june() -> None:
    weekends = [
        "06-05T23:00/06-07T23:00", "06-12T23:00/06-14T23:00",
        "06-19T23:00/06-21T23:00", "06-26T23:00/06-28T23:00",
    ]  # fmt: skip
    days = {"first_day": "2026-06-06", "last_day": "2026-06-07", "zone": "Europe/London"}
    assert words(periods(**days, recurrence="FREQ=WEEKLY;COUNT=4")) == weekends
    assert words(periods(**days, recurrence="RRULE:FREQ=WEEKLY;UNTIL=20260630")) == weekends
    each = {"first_day": "2026-06-01", "recurrence": "FREQ=DAILY;BYDAY=SA,SU;UNTIL=20260630"}
    assert len(periods(**each)) == 8


def test_each_night_for_a_week() -> None:
    night = {"start": "2026-06-01T22:00", "end": "2026-06-02T06:00", "zone": "Europe/Paris"}
    found = words(periods(**night, recurrence="FREQ=DAILY;COUNT=7"))
    assert (len(found), found[0], found[-1]) == (
        7,
        "06-01T20:00/06-02T04:00",
        "06-07T20:00/06-08T04:00",
    )


def test_nights_keep_their_wall_time_when_clocks_change() -> None:
    night = {"start": "2026-10-23T22:00", "end": "2026-10-24T06:00", "zone": "Europe/London"}
    found = periods(**night, recurrence="FREQ=DAILY;COUNT=3")
    assert words(found) == [
        "10-23T21:00/10-24T05:00", "10-24T21:00/10-25T06:00", "10-25T22:00/10-26T06:00",
    ]  # fmt: skip
    assert [one.length / HOUR for one in found] == [8, 9, 8]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/London", "2027-03-28", 23),
        ("Europe/London", "2026-10-25", 25),
        ("Africa/Cairo", "2027-04-30", 23),  # midnight itself is left out
        ("America/Havana", "2026-11-01", 25),  # the first hour of the day comes twice
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Asia/Kathmandu", "2026-10-04", 24),
    ],
)
def test_days_are_as_long_as_they_are(zone: str, day: str, hours: float) -> None:
    [found] = periods(first_day=day, zone=zone)
    assert found.length / HOUR == hours
    [before] = periods(
        first_day=str(datetime.fromisoformat(day).date() - timedelta(days=1)), zone=zone
    )
    assert before.end == found.start


def test_of_a_time_that_comes_twice_a_start_is_the_earlier_and_an_end_the_later() -> None:
    [found] = periods(
        start="2026-10-25T01:30", end="2026-10-25T01:30:00+00:00", zone="Europe/London"
    )
    assert words([found]) == ["10-25T00:30/10-25T01:30"]
    [twice] = periods(start="2026-10-25T01:00", end="2026-10-25T01:30", zone="Europe/London")
    assert twice.length / HOUR == 1.5


def test_an_offset_says_the_moment_whatever_the_zone() -> None:
    given = {"start": "2026-06-02T09:00:00+02:00", "end": "2026-06-02T09:00", "zone": "Asia/Tokyo"}
    assert code(**given) == "end-before-start"
    assert words(periods(**given | {"end": "2026-06-02T17:00"})) == ["06-02T07:00/06-02T08:00"]


def test_spans_come_in_their_order() -> None:
    two = [
        {"start": "2026-06-05T09:00", "end": "2026-06-05T10:00"},
        {"start": "2026-06-02T09:00", "end": "2026-06-02T10:00"},
    ]
    assert words(periods(spans=two)) == ["06-02T09:00/06-02T10:00", "06-05T09:00/06-05T10:00"]
    one = {"spans": two[1:], "recurrence": "FREQ=DAILY;COUNT=2"}
    assert words(periods(**one)) == ["06-02T09:00/06-02T10:00", "06-03T09:00/06-03T10:00"]


def test_what_began_a_little_ago_begins_now() -> None:
    assert words(periods(start="2026-06-01T09:00", end="2026-06-01T12:00")) == [
        "06-01T09:20/06-01T12:00"
    ]
    assert words(periods(first_day="2026-06-01")) == ["06-01T09:20/06-02T00:00"]
    assert words(periods(first_day="2026-06-01", zone="Pacific/Auckland")) == [
        "06-01T09:20/06-01T12:00"
    ]


LEAP = datetime(2028, 2, 1, tzinfo=UTC)


def test_29_february_is_a_day_where_it_is_one() -> None:
    assert words(periods(LEAP, first_day="2028-02-29")) == ["02-29T00:00/03-01T00:00"]
    month = {"first_day": "2028-01-31", "recurrence": "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3"}
    assert words(periods(LEAP - timedelta(days=5), **month)) == [
        "01-31T00:00/02-01T00:00", "02-29T00:00/03-01T00:00", "03-31T00:00/04-01T00:00",
    ]  # fmt: skip


NIGHT = {"start": "2026-06-02T22:00", "end": "2026-06-03T06:00"}
DAY = {"first_day": "2026-06-02"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (NIGHT | {"zone": "Mars/Olympus_Mons"}, "unknown-zone"),
        (NIGHT | {"zone": "../../etc/passwd"}, "unknown-zone"),
        (NIGHT | {"zone": "Europe"}, "unknown-zone"),
        (NIGHT | {"end": NIGHT["start"]}, "end-before-start"),
        (NIGHT | {"end": "2026-06-01T22:00"}, "end-before-start"),
        (DAY | {"last_day": "2026-06-01"}, "end-before-start"),
        ({"start": "2026-06-01T08:00", "end": "2026-06-01T12:00"}, "span-in-past"),
        ({"start": "2026-06-01T08:30", "end": "2026-06-01T09:20"}, "span-in-past"),
        ({"first_day": "2026-05-31"}, "span-in-past"),
        ({"first_day": "0001-01-01"}, "span-in-past"),
        ({"first_day": "0001-01-01", "zone": "Asia/Tokyo"}, "too-far-ahead"),
        ({"first_day": "9999-12-31"}, "too-far-ahead"),
        ({"first_day": "2027-07-07"}, "too-far-ahead"),
        (DAY | {"last_day": "2036-06-02"}, "too-far-ahead"),
        (NIGHT | {"end": "9999-12-31T23:59"}, "too-far-ahead"),
        (
            {"start": "2027-03-28T01:30", "end": "2027-03-28T05:00", "zone": "Europe/London"},
            "no-such-time",
        ),
        (
            {"start": "2027-03-27T01:30", "end": "2027-03-28T01:00", "zone": "Europe/London"},
            "no-such-time",
        ),
        (
            {"start": "2027-03-27T01:30", "end": "2027-03-27T02:00", "zone": "Europe/London",
             "recurrence": "FREQ=DAILY;COUNT=2"},
            "no-such-time",
        ),
        ({"spans": [NIGHT, {"start": "2026-06-03T05:59", "end": "2026-06-03T07:00"}]},
         "spans-overlap"),
        (NIGHT | {"end": "2026-06-04T06:00", "recurrence": "FREQ=DAILY;COUNT=2"}, "spans-overlap"),
        ({"spans": [NIGHT, NIGHT], "recurrence": "FREQ=WEEKLY;COUNT=2"}, "bad-recurrence"),
        ({}, "invalid-request"),
        (NIGHT | DAY, "invalid-request"),
        ({"last_day": "2026-06-02"}, "invalid-request"),
        ({"start": "2026-06-02T22:00"}, "invalid-request"),
        (DAY | {"recurrence": "FREQ=DAILY"}, "endless-recurrence"),
        (DAY | {"recurrence": "FREQ=DAILY;COUNT=101"}, "too-many-spans"),
        (DAY | {"recurrence": "FREQ=DAILY;UNTIL=20260930"}, "too-many-spans"),
        (DAY | {"recurrence": "FREQ=YEARLY;COUNT=9"}, "too-far-ahead"),
        (DAY | {"recurrence": "FREQ=WEEKLY;UNTIL=20360101"}, "too-far-ahead"),
    ],
)  # fmt: skip
def test_times_that_cannot_be_booked(given: dict[str, Any], expected: str) -> None:
    assert code(**given) == expected


@pytest.mark.parametrize(
    "rule",
    [
        "WEEKLY",
        "COUNT=3",
        "FREQ=HOURLY;COUNT=3",
        "FREQ=SECONDLY;COUNT=3",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=DAILY;COUNT=3;COUNT=4",
        "FREQ=DAILY;COUNT=3;UNTIL=20260701",
        "FREQ=DAILY;INTERVAL=0;COUNT=3",
        "FREQ=DAILY;UNTIL=20260231",
        "FREQ=DAILY;UNTIL=20260601",  # before the first span
        "FREQ=DAILY;COUNT=3;BYHOUR=9",
        "FREQ=DAILY;COUNT=3;X-WHAT=9",
        "FREQ=WEEKLY;BYDAY=XX;COUNT=3",
        "FREQ=MONTHLY;BYMONTHDAY=99;COUNT=1",
        "FREQ=YEARLY;BYMONTH=13;COUNT=1",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1",
        "FREQ=WEEKLY;COUNT=3\nRRULE:FREQ=DAILY;COUNT=3",
        "FREQ=WEEKLY;COUNT=3;",
        "é" * 10,
    ],
)
def test_recurrences_that_mean_nothing_are_refused_at_once(rule: str) -> None:
    started = time.monotonic()
    assert code(**DAY, recurrence=rule) in {"bad-recurrence", "too-far-ahead"}
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("day", ["2026-02-29", "2026-13-01", "tomorrow", "", "1e308"])
async def test_a_day_that_there_is_not_is_refused(desk: RunningService, day: str) -> None:
    async with owner(desk, "alice") as api:
        answer = await api.post("bookings", json=MOMENTS | {"first_day": day})
    assert refusal(answer) == (400, "invalid-request")
    assert "first_day" in answer.json()["message"]


async def test_a_recurrence_is_booked_and_kept(desk: RunningService) -> None:
    night = {"start": "2026-06-02T22:00", "end": "2026-06-03T06:00", "zone": "Europe/Paris"}
    async with owner(desk, "alice") as api:
        made = await book(api, **night, recurrence="FREQ=DAILY;COUNT=7")
    assert len(spans(made)) == 7
    assert made.json()["recurrence"] == "FREQ=DAILY;COUNT=7"
    assert (made.json()["starts_at"], made.json()["ends_at"]) == (
        "2026-06-02T20:00:00Z",
        "2026-06-09T04:00:00Z",
    )
