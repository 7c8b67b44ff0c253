"""Rules of admission: which session has a place, and what is said to one that has none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

from aglais_booking.amounts import Amount, cost_of
from aglais_booking.refusals import (
    BookingInUseError,
    BookingNotOnError,
    BookingOverError,
    NoClusterError,
    NoRoomError,
    OtherPackageError,
    PackageTooLargeError,
    PlaceBeingFreedError,
)
from aglais_booking.rules.clock import joined_end, next_start
from aglais_booking.rules.packages import is_allowed
from aglais_booking.rules.places import Room
from aglais_hub.models.booking import Admission, AdmissionRequest, Package, Pool, Sharing
from aglais_hub.models.bookings import Booking, BookingState
from aglais_hub.web.show import local, size

__all__ = [
    "check_booked_room",
    "check_cluster",
    "check_not_in_use",
    "check_on",
    "check_walk_in_room",
    "largest",
    "level_end",
]

RETRY_SECONDS, LONGEST_RETRY_SECONDS = 60, 3600
"""When to try again where a pool is full: about how often a session ends; at most."""

FREEING_SECONDS = 15
"""How long a session takes to go that was told to."""


def check_cluster(pool: Pool) -> str:
    """Return where the sessions of a pool run.

    Raises
    ------
    NoClusterError
        Nowhere yet.
    """
    if pool.cluster is None:
        raise NoClusterError(
            f"The pool {pool.name} has no cluster yet on which a session could start. The "
            "administrators have to give it one."
        )
    return pool.cluster


def check_on(booking: Booking, request: AdmissionRequest, now: datetime) -> datetime:
    """Return until when a booking is on, for whoever wants to start it now.

    Raises
    ------
    OtherPackageError, BookingNotOnError, BookingOverError
        It cannot be started now as it is asked for.
    """
    if request.package not in {None, booking.package}:
        raise OtherPackageError(
            f"Your booking {booking.name} is of package {booking.package}, not of "
            f"{request.package}. Start it as it is, or book {request.package}."
        )
    if (until := joined_end(booking.spans, now)) is not None:
        return until
    if (start := next_start(booking.spans, now)) is not None:
        raise BookingNotOnError(
            f"Your booking {booking.name} begins on {local(start, booking.zone)}. "
            "Please start it then.",
            retry_after=_seconds(start, now),
        )
    ends = {
        BookingState.CANCELLED: "was cancelled",
        BookingState.RETURNED: "was given back, as nobody used it",
    }
    ended = f"ended on {local(booking.ends_at, booking.zone)}"
    raise BookingOverError(
        f"Your booking {booking.name} {ends.get(booking.state, ended)}. "
        "Book again, or start without a booking."
    )


def check_not_in_use(booking: Booking, request: AdmissionRequest, has: Iterable[Admission]) -> None:
    """Refuse a second session of a booking.

    Raises
    ------
    BookingInUseError
        It names the first one.
    """
    for session in has:
        if (session.account, session.server) != (request.account, request.server):
            name = session.server or "your usual one"
            raise BookingInUseError(
                f"Your booking {booking.name} has a session already ({name}). Open that one, or "
                "stop it first."
            )


def largest(bookings: Iterable[Booking]) -> Booking | None:
    """Return the booking that gives most, and of equal ones that which lasts longer."""
    return max(bookings, key=_greatness, default=None)


def _greatness(booking: Booking) -> tuple[float, int, datetime]:
    total = booking.limits.total
    return (total.cores, total.memory_bytes, booking.ends_at)


def level_end(session: Admission, seconds: int | None) -> datetime | None:
    """Return when a session without a booking ends by itself, by its level."""
    return session.admitted_at + timedelta(seconds=seconds) if seconds else None


def check_walk_in_room(
    package: Package,
    room: Room,
    pool: Pool,
    request: AdmissionRequest,
    packages: Iterable[Package],
    frees: tuple[datetime, datetime | None],
) -> bool:
    """Tell whether a session without a booking is on spare capacity; refuse where no place is.

    Parameters
    ----------
    frees
        Now, and when the next session or booking ends, as far as is known.

    Raises
    ------
    PackageTooLargeError
        There can never be room.
    NoRoomError
        There is none now; it says what is free, what would fit, and when it may be better.
    """
    needed, now = _cost(package, pool), frees[0]
    if not needed.fits(room.total):
        raise PackageTooLargeError(
            f"Package {package.name} needs {_words(needed)}; the whole pool {pool.name} has "
            f"{_words(room.total)}. {_instead(packages, pool, request, room.total)}".rstrip()
        )
    if needed.fits(room.for_firm):
        return False
    if needed.fits(room.for_spare):
        return True
    free = max(room.for_firm, room.for_spare, key=lambda amount: amount.parts)
    raise NoRoomError(
        f"There is no room for package {package.name} now: it needs {_words(needed)}, free are "
        f"{_words(free)}. {_when(frees)} {_instead(packages, pool, request, free)}".rstrip(),
        retry_after=RETRY_SECONDS if frees[1] is None else _seconds(frees[1], now),
    )


def _when(frees: tuple[datetime, datetime | None]) -> str:
    now, then = frees
    if then is None:
        return "Please try again in a minute, when a session may have ended."
    day = "" if then.date() == now.date() else f" on {then:%Y-%m-%d}"
    return f"The next place is free at {then:%H:%M} UTC{day}, or when somebody leaves before."


def check_booked_room(
    booking: Booking, room: Room, pool: Pool, now: datetime, freed_at: datetime | None
) -> None:
    """Refuse a booking's session while others are still in its place.

    Parameters
    ----------
    freed_at
        When the sessions that give way have to be gone, as far as that is known.

    Raises
    ------
    PlaceBeingFreedError
        Sessions on spare capacity are on their way out.
    NoRoomError
        The pool has become smaller than what is booked.
    """
    needed = cost_of(booking.limits.total, booking.sharing, pool)
    if needed.fits(room.for_booked):
        return
    if not needed.fits(room.for_booked.plus(room.spare).plus(room.late)):
        raise NoRoomError(
            f"The pool {pool.name} has fewer machines now than were booked, and all of them are in "
            f"use. The administrators are told; please ask them about booking {booking.name}.",
            retry_after=RETRY_SECONDS,
        )
    gone = max(freed_at or now, now) + timedelta(seconds=FREEING_SECONDS)
    raise PlaceBeingFreedError(
        f"The machines of your booking {booking.name} are being freed: sessions on spare capacity "
        f"end on them until {local(gone, booking.zone)}. Please try again then.",
        retry_after=_seconds(gone, now),
    )


def _cost(package: Package, pool: Pool) -> Amount:
    return cost_of(package.limits.total, Sharing.SHARED, pool)


def _words(amount: Amount) -> str:
    return f"{amount.millicores / 1000:.4g} cores and {size(amount.memory_bytes)}"


def _instead(
    packages: Iterable[Package], pool: Pool, request: AdmissionRequest, free: Amount
) -> str:
    fitting = [
        package.name
        for package in packages
        if is_allowed(package, request) and _cost(package, pool).fits(free)
    ]
    return f"This would fit: {', '.join(fitting)}." if fitting else ""


def _seconds(then: datetime, now: datetime) -> int:
    return min(LONGEST_RETRY_SECONDS, max(1, ceil((then - now).total_seconds())))
