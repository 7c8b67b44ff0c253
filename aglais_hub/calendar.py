"""Days, weeks and hours as people count them: named periods, and the slots of a calendar.

Wall time in a zone goes in, moments in UTC come out; days on which clocks change have 23 or 25
hours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aglais_hub.errors import InvalidRequest
from aglais_hub.models.availability import Granularity, Slot

__all__ = [
    "MOST_SLOTS",
    "PERIODS",
    "Days",
    "EndBeforeStartError",
    "PeriodTooLongError",
    "UnknownPeriodError",
    "UnknownZoneError",
    "days_between",
    "named_days",
    "slots_of",
    "zone_named",
]

DAY, WEEK, HOUR = timedelta(days=1), timedelta(days=7), timedelta(hours=1)

MOST_SLOTS = 1000
"""Slots of one calendar."""

EARLIEST, LATEST = date(1970, 1, 1), date(2200, 1, 1)
"""Days between which somebody can have meant what was asked for."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""English, whatever the locale of the process."""


class UnknownZoneError(InvalidRequest):
    """There is no time zone of this name."""

    code = "unknown-zone"


class UnknownPeriodError(InvalidRequest):
    """Nobody knows which days are meant."""

    code = "unknown-period"


class EndBeforeStartError(InvalidRequest):
    """A time is to end before it starts."""

    code = "end-before-start"


class PeriodTooLongError(InvalidRequest):
    """It would be more columns than anybody reads."""

    code = "too-long"


@dataclass(frozen=True)
class Days:
    """Whole days, from the first one up to another, which is excluded."""

    first: date
    end: date

    @property
    def count(self) -> int:
        """How many."""
        return (self.end - self.first).days

    @property
    def usual(self) -> Granularity:
        """How long a slot is where nobody says: so that some dozens come out."""
        if self.count <= HOURLY_DAYS:
            return Granularity.HOUR
        return Granularity.DAY if self.count <= DAILY_DAYS else Granularity.WEEK


HOURLY_DAYS, DAILY_DAYS = 1, 62


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """Return a zone of the IANA database.

    Raises
    ------
    UnknownZoneError
        There is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder's name, or a path
        raise UnknownZoneError(
            f"There is no time zone {name!r}; give one of the IANA database, such as "
            "Europe/London, or UTC."
        ) from None


def _month(day: date, further: int = 0) -> date:
    months = day.year * 12 + day.month - 1 + further
    return date(months // 12, months % 12 + 1, 1)


def _week(day: date) -> date:
    return day - timedelta(days=day.weekday())


PERIODS: dict[str, Callable[[date], Days]] = {
    "today": lambda day: Days(day, day + DAY),
    "tomorrow": lambda day: Days(day + DAY, day + 2 * DAY),
    "this-week": lambda day: Days(_week(day), _week(day) + WEEK),
    "next-week": lambda day: Days(_week(day) + WEEK, _week(day) + 2 * WEEK),
    "this-month": lambda day: Days(_month(day), _month(day, 1)),
    "next-month": lambda day: Days(_month(day, 1), _month(day, 2)),
}
"""Periods that have a name, given today; weeks begin on Monday."""


def named_days(period: str, today: date) -> Days:
    """Return the days that a period such as this-week means.

    Raises
    ------
    UnknownPeriodError
        It names those that there are.
    """
    if period not in PERIODS:
        raise UnknownPeriodError(
            f"There is no period {period!r}; there are {', '.join(PERIODS)}, "
            "or give from and to, such as from=2026-05 and to=2026-07."
        )
    return PERIODS[period](today)


def days_between(first: str | None, last: str | None, today: date) -> Days:
    """Return the days from one up to another, which is included.

    Parameters
    ----------
    first, last
        A day such as 2026-05-25, or a month such as 2026-05: May to July are three whole months.
        Without a first one it is today, without a last one the days of the first.

    Raises
    ------
    UnknownPeriodError
        One of them is no day.
    EndBeforeStartError
        The last one lies before the first.
    """
    begin = _days(first) if first else Days(today, today + DAY)
    until = _days(last) if last else begin
    if until.end <= begin.first:
        raise EndBeforeStartError(
            f"The last day, {until.end - DAY}, is before the first, {begin.first}; swap them."
        )
    return Days(begin.first, until.end)


DAY_OR_MONTH = re.compile(r"(\d{4})-(\d\d)(-\d\d)?")


def _days(text: str) -> Days:
    match = DAY_OR_MONTH.fullmatch(text)
    try:
        first = date.fromisoformat(text if match and match[3] else f"{text}-01")
        if match is None or not EARLIEST <= first < LATEST:
            raise ValueError
    except ValueError:
        raise UnknownPeriodError(
            f"{text!r} is no day; write days as 2026-05-25, and months as 2026-05."
        ) from None
    return Days(first, first + DAY if match[3] else _month(first, 1))


def slots_of(days: Days, by: Granularity, zone: ZoneInfo) -> list[Slot]:
    """Return the columns of a calendar; weeks are whole, from Monday on.

    Raises
    ------
    PeriodTooLongError
        They are too many.
    """
    many = {Granularity.HOUR: days.count * 24, Granularity.DAY: days.count}.get(by, days.count // 7)
    if many > MOST_SLOTS:
        raise PeriodTooLongError(
            f"{days.count} days by {by} are more than {MOST_SLOTS} columns; "
            f"ask for fewer days, or for longer columns."
        )
    return [slot for slot in SLOTS[by](days, zone) if slot.starts_at < slot.ends_at]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment at which a day begins; where clocks skip it, the one at which they do."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _by_hour(days: Days, zone: ZoneInfo) -> Iterator[Slot]:
    moment, end = _midnight(days.first, zone), _midnight(days.end, zone)
    while moment < end:
        later = min(moment + HOUR, end)
        local = moment.astimezone(zone)
        title = f"{local:%H}" if local.minute == 0 else f"{local:%H:%M}"
        yield Slot(starts_at=moment, ends_at=later, title=title)
        moment = later


def _by_day(days: Days, zone: ZoneInfo) -> Iterator[Slot]:
    for number in range(days.count):
        day = days.first + timedelta(days=number)
        yield _slot(day, day + DAY, zone, WEEKDAYS[day.weekday()])


def _by_week(days: Days, zone: ZoneInfo) -> Iterator[Slot]:
    day = _week(days.first)
    while day < days.end:
        yield _slot(day, day + WEEK, zone, f"{MONTHS[day.month - 1]}{day:%d}")
        day += WEEK


def _slot(first: date, end: date, zone: ZoneInfo, title: str) -> Slot:
    return Slot(starts_at=_midnight(first, zone), ends_at=_midnight(end, zone), title=title)


SLOTS = {Granularity.HOUR: _by_hour, Granularity.DAY: _by_day, Granularity.WEEK: _by_week}
