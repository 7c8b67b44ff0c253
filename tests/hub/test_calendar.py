"""Days, weeks and hours as people count them, in any zone, across changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aglais_hub.calendar import (
    MOST_SLOTS,
    PERIODS,
    Days,
    PeriodTooLongError,
    days_between,
    named_days,
    slots_of,
    zone_named,
)
from aglais_hub.models.availability import Granularity

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = sorted(available_timezones())
LONDON, UTC_ZONE = ZoneInfo("Europe/London"), ZoneInfo("UTC")
WEDNESDAY = date(2020, 5, 27)


def names(days: Days, by: Granularity, zone: ZoneInfo = UTC_ZONE) -> list[str]:
    return [slot.title for slot in slots_of(days, by, zone)]


@given(
    st.dates(date(1971, 1, 1), date(2100, 1, 1)),
    st.integers(1, 9),
    st.sampled_from(Granularity),
    st.sampled_from(ZONES),
)
@example(date(2011, 12, 29), 3, Granularity.DAY, "Pacific/Apia")  # it had no 30th
@example(date(2024, 4, 26), 1, Granularity.HOUR, "Africa/Cairo")  # midnight was skipped
@example(date(2026, 4, 5), 1, Granularity.HOUR, "Australia/Lord_Howe")  # half an hour
def test_slots_join_and_begin_when_days_do(
    first: date, count: int, by: Granularity, name: str
) -> None:
    zone = zone_named(name)
    days = Days(first, first + count * DAY)
    slots = slots_of(days, by, zone)
    assert all(one.ends_at == other.starts_at for one, other in pairwise(slots))
    assert all(slot.starts_at < slot.ends_at for slot in slots)
    assert all(slot.ends_at - slot.starts_at <= HOUR for slot in slots) == (by is Granularity.HOUR)
    begin, end = slots[0].starts_at.astimezone(zone), slots[-1].ends_at.astimezone(zone)
    # Where a day has no midnight, or is not there at all, it begins with the next moment.
    assert begin.date() <= first + DAY if by is not Granularity.WEEK else begin.weekday() == 0
    assert end.date() >= days.end
    assert end - begin <= (count + 14) * DAY


@pytest.mark.parametrize(
    ("day", "hours", "about"),
    [
        (date(2026, 3, 29), 23, ["00", "02", "03"]),
        (date(2026, 10, 25), 25, ["00", "01", "01"]),
        (date(2026, 6, 1), 24, ["00", "01", "02"]),
    ],
)
def test_days_on_which_clocks_change(day: date, hours: int, about: list[str]) -> None:
    slots = slots_of(Days(day, day + DAY), Granularity.HOUR, LONDON)
    whole = slots_of(Days(day, day + DAY), Granularity.DAY, LONDON)
    assert (len(slots), [slot.title for slot in slots[:3]]) == (hours, about)
    assert whole[0].ends_at - whole[0].starts_at == hours * HOUR


def test_hours_of_a_zone_that_is_half_an_hour_off() -> None:
    slots = slots_of(Days(WEDNESDAY, WEDNESDAY + DAY), Granularity.HOUR, ZoneInfo("Asia/Kolkata"))
    assert slots[0].starts_at == datetime(2020, 5, 26, 18, 30, tzinfo=UTC)
    assert [slot.title for slot in slots] == [f"{hour:02}" for hour in range(24)]


@pytest.mark.parametrize(
    ("period", "first", "end"),
    [
        ("today", "2020-05-27", "2020-05-28"),
        ("tomorrow", "2020-05-28", "2020-05-29"),
        ("this-week", "2020-05-25", "2020-06-01"),
        ("next-week", "2020-06-01", "2020-06-08"),
        ("this-month", "2020-05-01", "2020-06-01"),
        ("next-month", "2020-06-01", "2020-07-01"),
    ],
)
def test_periods_that_have_a_name(period: str, first: str, end: str) -> None:
    days = named_days(period, WEDNESDAY)
    assert (str(days.first), str(days.end)) == (first, end)
    assert set(PERIODS) == {
        "today", "tomorrow", "this-week", "next-week", "this-month", "next-month",
    }  # fmt: skip


def test_months_at_the_end_of_a_year() -> None:
    assert named_days("next-month", date(2026, 12, 31)) == Days(date(2027, 1, 1), date(2027, 2, 1))
    assert named_days("tomorrow", date(2028, 2, 28)).first == date(2028, 2, 29)


def test_may_to_july_is_the_picture_of_the_seed() -> None:
    seed = days_between("2020-05-25", "2020-08-02", WEDNESDAY)
    assert names(seed, Granularity.WEEK) == [
        "May25", "Jun01", "Jun08", "Jun15", "Jun22", "Jun29", "Jul06", "Jul13", "Jul20", "Jul27",
    ]  # fmt: skip
    assert seed.usual is Granularity.WEEK
    months = days_between("2020-05", "2020-07", WEDNESDAY)
    assert months == Days(date(2020, 5, 1), date(2020, 8, 1))
    assert names(months, Granularity.WEEK)[0] == "Apr27"


def test_a_week_by_days_is_the_picture_of_the_seed() -> None:
    week = named_days("this-week", WEDNESDAY)
    assert names(week, Granularity.DAY) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert week.usual is Granularity.DAY
    assert named_days("today", WEDNESDAY).usual is Granularity.HOUR


def test_what_is_left_out_of_from_and_to() -> None:
    assert days_between("2020-05-30", None, WEDNESDAY).count == 1
    assert days_between(None, "2020-05-28", WEDNESDAY) == Days(WEDNESDAY, WEDNESDAY + 2 * DAY)
    assert days_between("2024-02", None, WEDNESDAY).count == 29


@pytest.mark.parametrize(
    ("by", "count"), [(Granularity.HOUR, 41), (Granularity.DAY, 1000), (Granularity.WEEK, 7000)]
)
def test_a_calendar_has_an_end(by: Granularity, count: int) -> None:
    longest = Days(date(2000, 1, 3), date(2000, 1, 3) + count * DAY)
    assert len(slots_of(longest, by, LONDON)) <= MOST_SLOTS
    with pytest.raises(PeriodTooLongError):
        slots_of(Days(longest.first, longest.end + 7 * DAY), by, LONDON)
