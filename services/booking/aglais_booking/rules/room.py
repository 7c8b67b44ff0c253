"""Where there is room: what to say to somebody for whose times there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from aglais_booking.amounts import Amount
from aglais_booking.rules.periods import Period

__all__ = ["SEARCHED", "Free", "fits", "next_fit", "overbooked"]

Free = Mapping[int, Amount]
"""What can still be booked of a pool, by hour."""

NOTHING = Amount()

SEARCHED = timedelta(days=31)
"""How far ahead of the time that was asked for another one is looked for."""


def fits(free: Free, amount: Amount, period: Period) -> bool:
    """Tell whether an amount is free in all hours of a period."""
    hours = range(period.first_hour, period.end_hour)
    return all(amount.fits(free.get(hour, NOTHING)) for hour in hours)


def next_fit(free: Free, amount: Amount, period: Period) -> Period | None:
    """Return when, after a period, one of the same length fits; None: not among these hours."""
    length, run = period.end_hour - period.first_hour, 0
    for hour in range(period.first_hour + 1, max(free, default=0) + 1):
        run = run + 1 if amount.fits(free.get(hour, NOTHING)) else 0
        if run >= length:
            moved = timedelta(hours=hour + 1 - length - period.first_hour)
            return Period(period.start + moved, period.end + moved)
    return None


def overbooked(
    package: str,
    period: Period,
    zone: ZoneInfo,
    *,
    fitting: Sequence[str],
    later: Iterable[Period | None],
    place: str = "",
) -> str:
    """Return the sentences for somebody for whom there is no room.

    Parameters
    ----------
    period
        The first of the times for which there is none.
    fitting
        Packages for which there would be room then.
    later
        When it would fit in each of the pools.
    place
        Which span it is, where there are several.
    """
    instead = f"This would fit then: {', '.join(fitting)}." if fitting else ""
    found = min((one for one in later if one is not None), default=None)
    when = (
        f"The next time when {package} fits for so long is {found.words(zone)}."
        if found
        else f"It does not fit at any time in the {SEARCHED.days} days after that either."
    )
    return (
        f"There is no room for package {package} from {period.words(zone)}{place}. {when} {instead}"
    ).rstrip()
