"""Fair use: how long, how far ahead, how often and how much an account may book."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from aglais_booking.refusals import (
    BookingNotAllowedError,
    SpanTooLongError,
    TooFarAheadError,
    TooManyBookingsError,
    TooMuchBookedError,
)
from aglais_booking.rules.booking import Booker
from aglais_booking.rules.periods import Period
from aglais_booking.rules.zones import wall_of
from aglais_hub.models.booking import Package
from aglais_hub.models.fair_use import FairUse
from aglais_hub.web.show import span

__all__ = ["check_booked_time", "check_count", "check_periods", "furthest_of", "longest_of"]


def longest_of(package: Package, fair_use: FairUse) -> timedelta:
    """Return how long a span of a package may be."""
    return timedelta(seconds=package.longest_seconds or fair_use.longest_seconds)


def furthest_of(package: Package, fair_use: FairUse) -> timedelta:
    """Return how far ahead a span of a package may start."""
    return timedelta(seconds=package.furthest_seconds or fair_use.furthest_seconds)


def check_periods(
    periods: Iterable[Period], package: Package, fair_use: FairUse, now: datetime, zone: ZoneInfo
) -> None:
    """Refuse spans that are too long or start too far ahead.

    Raises
    ------
    SpanTooLongError, TooFarAheadError
        It says how long, or up to when, it would be right.
    """
    longest, latest = longest_of(package, fair_use), now + furthest_of(package, fair_use)
    for period in periods:
        if period.length > longest:
            raise SpanTooLongError(
                f"{period.words(zone)} is {_span(period.length)} long; {package.name} can be "
                f"booked for {_span(longest)} at a time. Make it shorter, or several spans."
            )
        if period.start > latest:
            raise TooFarAheadError(
                f"{period.words(zone)} is too far ahead: {package.name} can be booked now if it "
                f"starts by {wall_of(latest, zone):%Y-%m-%d %H:%M}."
            )


def check_count(live: Sequence[str], package: Package, fair_use: FairUse, booker: Booker) -> None:
    """Refuse one booking more than an account may have.

    Parameters
    ----------
    live
        Packages of its bookings that are not over, one for each.

    Raises
    ------
    BookingNotAllowedError
        Its level may have none at all.
    TooManyBookingsError
        It has as many as it may have, of all packages or of this one.
    """
    if fair_use.booking_count == 0:
        raise BookingNotAllowedError(
            f"Accounts of level {booker.level.word} may not book; {booker.name} is one."
        )
    if len(live) >= fair_use.booking_count:
        raise TooManyBookingsError(
            f"{booker.name} has {len(live)} bookings that are not over, and may have "
            f"{fair_use.booking_count} at once. Cancel one, or wait until one is over."
        )
    same = sum(name == package.name for name in live)
    if package.bookable_count is not None and same >= package.bookable_count:
        raise TooManyBookingsError(
            f"{booker.name} has {same} bookings of package {package.name} that are not over, and "
            f"may have {package.bookable_count} at once. Cancel one, or wait until one is over."
        )


def check_booked_time(
    earlier: Iterable[Period],
    periods: Sequence[Period],
    fair_use: FairUse,
    booker: Booker,
    zone: ZoneInfo,
) -> None:
    """Refuse spans with which an account would have booked too much in some window of time.

    Parameters
    ----------
    earlier
        What it has booked already, at least all that is less than a window away.
    periods
        What it wants besides.

    Raises
    ------
    TooMuchBookedError
        It says in which window, and how much of it is left.
    """
    most = fair_use.window_booked_seconds
    if most is None:
        return
    window = timedelta(seconds=fair_use.window_seconds)
    begin, seconds = fullest_window([*earlier, *periods], periods, window)
    if seconds <= most:
        return
    own = fullest_window(periods, periods, window)[1]
    left = max(0, most - round(seconds - own))
    raise TooMuchBookedError(
        f"{booker.name} would have booked {_span(timedelta(seconds=round(seconds)))} in the "
        f"{span(fair_use.window_seconds)} from {wall_of(begin, zone):%Y-%m-%d %H:%M} on; "
        f"{span(most)} is what level {booker.level.word} may book in such a time, of which "
        f"{span(left)} are left. Book less, or at another time."
    )


def fullest_window(
    periods: Iterable[Period], near: Sequence[Period], window: timedelta
) -> tuple[datetime, float]:
    """Return the begin of the window with the most booked time, and that time in seconds.

    Only windows that touch `near` are looked at. The booked time in a window is a piecewise
    linear function of its begin, whose maxima lie where a period starts with the window, or ends
    with it, or with the first and the last window.
    """
    every = list(periods)
    starts, ends = sorted(one.start for one in every), sorted(one.end for one in every)
    before_starts, before_ends = _sums(starts), _sums(ends)

    def until(moment: datetime) -> float:
        """Return the time booked before a moment."""
        began, ended = bisect_right(starts, moment), bisect_right(ends, moment)
        at = moment.timestamp()
        return (began * at - before_starts[began]) - (ended * at - before_ends[ended])

    first, last = min(one.start for one in near), max(one.end for one in near)
    begins = {begin for begin in starts if first - window <= begin <= last}
    begins |= {end - window for end in ends if first <= end <= last + window}
    begins |= {first - window, last}
    return max(
        ((begin, until(begin + window) - until(begin)) for begin in sorted(begins)),
        key=lambda found: found[1],
    )


def _sums(moments: Sequence[datetime]) -> list[float]:
    return [0.0, *accumulate(moment.timestamp() for moment in moments)]


def _span(length: timedelta) -> str:
    return span(round(length.total_seconds()))
