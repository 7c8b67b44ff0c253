"""Recurrences: the RRULE of RFC 5545, as far as it can be meant for a booking."""

from __future__ import annotations

import re
from datetime import MAXYEAR, UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from aglais_booking.refusals import (
    BadRecurrenceError,
    EndlessRecurrenceError,
    TooFarAheadError,
    TooManySpansError,
)
from aglais_booking.rules.zones import wall_of
from aglais_hub.models.bookings import MOST_SPANS

__all__ = ["occurrences"]

DAY_OF_MONTH = r"[+-]?(0?[1-9]|[12]\d|3[01])"
MONTH = r"(0?[1-9]|1[0-2])"

PARTS = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d{0,2}",
    "COUNT": r"[1-9]\d{0,6}",
    "UNTIL": r"\d{8}(T\d{6}Z?)?",
    "BYDAY": r"([+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU))(,[+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU))*",
    "BYMONTHDAY": rf"{DAY_OF_MONTH}(,{DAY_OF_MONTH})*",
    "BYYEARDAY": r"[+-]?\d{1,3}(,[+-]?\d{1,3})*",
    "BYWEEKNO": r"[+-]?\d{1,2}(,[+-]?\d{1,2})*",
    "BYMONTH": rf"{MONTH}(,{MONTH})*",
    "BYSETPOS": r"[+-]?\d{1,3}(,[+-]?\d{1,3})*",
    "WKST": r"MO|TU|WE|TH|FR|SA|SU",
}
"""Parts of a rule that choose days; those of hours and less are no way to repeat a booking."""

CYCLE = 400
"""Years after which the calendar repeats itself, its weekdays included. A rule that chooses no day,
such as 30 February, is followed up to the year 9999 by dateutil, whatever its end: so it is asked
about the last such years, which takes a twentieth of the time."""

EXAMPLE = "Write one such as FREQ=WEEKLY;BYDAY=SA;COUNT=4, or FREQ=DAILY;UNTIL=20260630."


def occurrences(rule: str, first: datetime, zone: ZoneInfo, horizon: timedelta) -> list[datetime]:
    """Return when the spans of a recurrence start, by the clocks of its zone.

    Parameters
    ----------
    rule
        Such as ``FREQ=WEEKLY;BYDAY=SA;COUNT=4``.
    first
        Wall time of the first span's start. It need not match the rule: what does, counts.
    horizon
        Nobody may book so far after `first`: the search ends there.

    Raises
    ------
    BadRecurrenceError
        It cannot be read, or chooses no day at all.
    EndlessRecurrenceError
        It says neither how often nor until when.
    TooManySpansError, TooFarAheadError
        It says more, or later ones, than can be booked.
    """
    parts = _parts(rule)
    limit = first + horizon
    until = _until(parts.get("UNTIL"), zone)
    if until is not None and until > limit:
        raise TooFarAheadError(
            f"The recurrence goes on until {until:%Y-%m-%d}; it can be booked until "
            f"{limit:%Y-%m-%d} at most."
        )
    count = int(parts.get("COUNT", 0))
    if count > MOST_SPANS:
        raise TooManySpansError(_too_many(f"{count:,}"))
    found = _found(parts, first, until or limit, count or MOST_SPANS + 1)
    if len(found) > MOST_SPANS:
        raise TooManySpansError(_too_many(f"more than {MOST_SPANS}"))
    if not found:
        raise BadRecurrenceError(f"The recurrence {rule} chooses no day. {EXAMPLE}")
    if len(found) < count:
        raise TooFarAheadError(
            f"Of {count} spans of the recurrence {count - len(found)} would be after "
            f"{limit:%Y-%m-%d}, which is too far ahead. Ask for fewer."
        )
    return found


def _too_many(count: str) -> str:
    return (
        f"The recurrence has {count} spans; a booking has {MOST_SPANS} at most. Make it shorter, "
        "or make several bookings."
    )


def _parts(rule: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in rule.strip().upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name in parts or not re.fullmatch(PARTS.get(name, "(?!)"), value):
            raise BadRecurrenceError(f"The recurrence has a part {part[:40]!r}. {EXAMPLE}")
        parts[name] = value
    if "FREQ" not in parts:
        raise BadRecurrenceError(f"The recurrence does not say FREQ. {EXAMPLE}")
    if {"COUNT", "UNTIL"} <= parts.keys():
        raise BadRecurrenceError("A recurrence says COUNT or UNTIL, not both.")
    if not {"COUNT", "UNTIL"} & parts.keys():
        raise EndlessRecurrenceError(
            f"The recurrence has no end. Say how often, or until when: {EXAMPLE}"
        )
    return parts


def _until(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Return the wall time until which spans may start; a day counts as a whole."""
    if text is None:
        return None
    try:
        if text.endswith("Z"):
            moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return wall_of(moment, zone)
        return datetime.strptime(text if "T" in text else f"{text}T235959", "%Y%m%dT%H%M%S")
    except (ValueError, OverflowError):
        raise BadRecurrenceError(f"UNTIL={text} is no day. {EXAMPLE}") from None


def _found(parts: dict[str, str], first: datetime, until: datetime, most: int) -> list[datetime]:
    # It always gets an end, and never a count: that is counted here.
    shift = CYCLE * ((MAXYEAR - until.year) // CYCLE)
    chosen = {name: parts[name] for name in parts if name not in {"UNTIL", "COUNT"}}
    late = until.replace(year=until.year + shift)
    bounded = chosen | {"UNTIL": f"{late:%Y%m%dT%H%M%S}"}
    text = ";".join(f"{name}={value}" for name, value in bounded.items())
    try:
        rule = rrulestr(text, dtstart=first.replace(year=first.year + shift))
        return [at.replace(year=at.year - shift) for at in islice(rule, most)]
    except (ValueError, TypeError, IndexError) as wrong:
        raise BadRecurrenceError(f"The recurrence cannot be read: {wrong}. {EXAMPLE}") from None
