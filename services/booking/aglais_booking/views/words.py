"""Times as people say them, in a zone; English, whatever the locale of the process."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = [
    "cores_in_words",
    "days_in_words",
    "length_in_words",
    "moment_in_words",
    "span_in_words",
    "wall",
]

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

MINUTE, HOUR, DAY = 60, 3600, 86_400


def wall(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment as a browser's control for a date and time has it."""
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}"


def day_name(day: date, *, short: bool = False) -> str:
    """Return a day of the week."""
    return DAYS[day.weekday()][: 3 if short else None]


def month_name(day: date, *, short: bool = False) -> str:
    """Return a month."""
    return MONTHS[day.month - 1][: 3 if short else None]


def cores_in_words(cores: float) -> str:
    """Return a number of cores, such as ``1 core``."""
    return f"{cores:g} core{'' if cores == 1 else 's'}"


def day_in_words(day: date, *, short: bool = False) -> str:
    """Return a day, such as ``Monday 23 November 2026`` or ``Mon 23 Nov 2026``."""
    weekday, month = day_name(day, short=short), month_name(day, short=short)
    return f"{weekday} {day.day} {month} {day.year}"


def days_in_words(first: date, last: date) -> str:
    """Return some days, such as ``23 to 29 November 2026``."""
    end = f"{last.day} {month_name(last)} {last.year}"
    if first == last:
        return f"{day_name(first)} {end}"
    if first.year != last.year:
        return f"{first.day} {month_name(first)} {first.year} to {end}"
    if first.month != last.month:
        return f"{first.day} {month_name(first)} to {end}"
    return f"{first.day} to {end}"


def moment_in_words(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment, such as ``Mon 23 Nov 2026, 09:00``."""
    local = moment.astimezone(zone)
    return f"{day_in_words(local, short=True)}, {local:%H:%M}"


def span_in_words(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """Return a span of whole days as these, any other from moment to moment.

    Such as ``Fri 27 Nov 2026 to Sun 29 Nov 2026`` or ``Fri 27 Nov 2026, 09:00 to 17:00``.
    """
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    if _is_midnight(start) and _is_midnight(end) and end > start:
        last = end.date() - timedelta(days=1)
        first = day_in_words(start, short=True)
        return first if last <= start.date() else f"{first} to {day_in_words(last, short=True)}"
    until = f"{end:%H:%M}" if start.date() == end.date() else moment_in_words(end, zone)
    if _is_midnight(end) and end.date() == start.date() + timedelta(days=1):
        until = "24:00"
    return f"{moment_in_words(start, zone)} to {until}"


def _is_midnight(local: datetime) -> bool:
    return (local.hour, local.minute, local.second) == (0, 0, 0)


def length_in_words(length: timedelta) -> str:
    """Return a length in its two largest units, such as ``3 days`` or ``2 hours 30 minutes``."""
    seconds = round(length.total_seconds())
    parts = []
    for unit, size in (("day", DAY), ("hour", HOUR), ("minute", MINUTE)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(parts[:2]) or "less than a minute"
