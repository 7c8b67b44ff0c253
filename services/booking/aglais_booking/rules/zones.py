"""Wall time and moments: which moment a clock on the wall of a zone means."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from aglais_booking.refusals import NoSuchTimeError

__all__ = ["day_start", "end_of", "start_of", "wall_of", "words_of"]


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day; where midnight is left out, the moment after the gap."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def start_of(given: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment at which something starts; of two with the same wall time, the earlier.

    Raises
    ------
    NoSuchTimeError
        The clocks of the zone leave this time out.
    """
    return _moment(given, zone, fold=0)


def end_of(given: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment at which something ends; of two with the same wall time, the later.

    Raises
    ------
    NoSuchTimeError
        The clocks of the zone leave this time out.
    """
    return _moment(given, zone, fold=1)


def _moment(given: datetime, zone: ZoneInfo, *, fold: int) -> datetime:
    if given.tzinfo is not None:
        return given.astimezone(UTC)
    moment = given.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if wall_of(moment, zone) != given:
        # With fold 0, PEP 495 reads a time in a gap as if the clocks had not been put forward yet.
        late = wall_of(given.replace(tzinfo=zone, fold=0).astimezone(UTC), zone)
        raise NoSuchTimeError(
            f"{given:%Y-%m-%d %H:%M} does not exist in {zone.key}: the clocks are put forward "
            f"then. {late:%H:%M} is the same moment by the new time; book from or up to that."
        )
    return moment


def wall_of(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what the clocks of a zone show at a moment."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def words_of(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Return a time for people, such as ``2026-06-06 09:00 to 17:00 (Europe/London)``."""
    first, last = wall_of(start, zone), wall_of(end, zone)
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M} to {until} ({zone.key})"
