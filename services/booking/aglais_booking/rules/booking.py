"""Who may book what, and in which size; these rules ask nothing and change nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aglais_booking.refusals import (
    NoPoolError,
    PackageNotBookableError,
    ShapeTooLargeError,
    SharingNotBookableError,
)
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import Limits, Package, Pool, Sharing, UnitLimits
from aglais_hub.models.bookings import BookingRequest
from aglais_hub.web.show import size

__all__ = ["Booker", "check_bookable", "check_sharing", "is_bookable", "pools_for", "shape_of"]

FIRST_POOL = "embedded"
"""The pool of this machine is taken before others."""


@dataclass(frozen=True)
class Booker:
    """An account, as far as its bookings are concerned.

    Parameters
    ----------
    packages
        Those that it may book; None: what the packages say of its level.
    """

    name: str
    level: Level
    packages: tuple[str, ...] | None


def is_bookable(package: Package, booker: Booker) -> bool:
    """Tell whether an account may book a package: by its own list, or else by its level."""
    if booker.packages is not None:
        return package.name in booker.packages
    lowest = package.bookable_from_level
    return lowest is not None and lowest <= booker.level


def check_bookable(package: Package, booker: Booker, packages: Iterable[Package]) -> None:
    """Refuse a package that an account may not book.

    Raises
    ------
    PackageNotBookableError
        It says from which level on, and what can be booked instead.
    """
    if is_bookable(package, booker):
        return
    names = ", ".join(one.name for one in packages if is_bookable(one, booker))
    instead = f"It may book {names}." if names else "It may book no package."
    lowest = package.bookable_from_level
    if booker.packages is not None or lowest is None:
        why = f"{booker.name} may not book package {package.name}."
    else:
        why = (
            f"Package {package.name} can be booked from level {lowest.word} on; {booker.name} has "
            f"level {booker.level.word}."
        )
    raise PackageNotBookableError(f"{why} {instead}")


def shape_of(package: Package, asked: Limits | None) -> Limits:
    """Return the limits of a booking: the package's, or those chosen for a custom one.

    Raises
    ------
    ShapeTooLargeError
        More was chosen than the package allows, or something for a package of a fixed size.
    """
    if asked is None:
        return package.limits
    if not package.is_custom:
        if asked == package.limits:
            return asked
        raise ShapeTooLargeError(
            f"The size of package {package.name} is fixed; leave limits out, or book a package "
            "whose size is chosen."
        )
    problems = [*_too_large(asked, package.limits)]
    if problems:
        raise ShapeTooLargeError(f"{' '.join(problems)} Package {package.name} allows no more.")
    return asked


def _too_large(asked: Limits, most: Limits) -> Iterable[str]:
    units: tuple[tuple[str, UnitLimits, UnitLimits], ...] = (
        ("The front end", asked.frontend, most.frontend),
        ("A worker", asked.worker, most.worker),
    )
    for unit, one, other in units:
        if one.cores > other.cores:
            yield f"{unit} may have {other.cores:g} cores, not {one.cores:g}."
        if one.memory_bytes > other.memory_bytes:
            yield (
                f"{unit} may have {size(other.memory_bytes)} of memory, not "
                f"{size(one.memory_bytes)}."
            )
    if asked.worker_count > most.worker_count:
        yield f"There may be {most.worker_count} workers, not {asked.worker_count}."
    if asked.disk_bytes > most.disk_bytes:
        yield f"The disk may have {size(most.disk_bytes)}, not {size(asked.disk_bytes)}."
    if asked.gpus > most.gpus:
        yield f"There may be {most.gpus} GPUs, not {asked.gpus}."


def check_sharing(request: BookingRequest, booker: Booker) -> None:
    """Refuse a way of sharing that cannot be booked, or not by this account.

    Raises
    ------
    SharingNotBookableError
        It says which can.
    """
    if request.sharing is Sharing.SHARED:
        raise SharingNotBookableError(
            "shared is for sessions without a booking; book managed or reserved."
        )
    if request.sharing is Sharing.CUSTOM:
        if booker.level < Level.CUSTOM:
            raise SharingNotBookableError(
                f"custom can be booked by accounts of level n; {booker.name} has level "
                f"{booker.level.word}. Book managed or reserved."
            )
    elif request.site is not None or request.hardware:
        raise SharingNotBookableError(
            "A site and hardware can be chosen with sharing custom; choose that, or leave them out."
        )


def pools_for(pools: Iterable[Pool], request: BookingRequest) -> list[Pool]:
    """Return the pools that offer what is asked for, in the order in which they are tried.

    Raises
    ------
    NoPoolError
        None does; it says what there is.
    """
    every = sorted(pools, key=lambda pool: (pool.name != FIRST_POOL, pool.name))
    found = [pool for pool in every if _offers(pool, request)]
    if not found:
        sites = sorted({pool.site for pool in every if pool.site})
        hardware = sorted({name for pool in every for name in pool.hardware})
        wanted = ", ".join([*([request.site] if request.site else []), *request.hardware])
        raise NoPoolError(
            f"No pool offers all of this: {wanted}. There are the sites "
            f"{', '.join(sites) or 'none'} and the hardware {', '.join(hardware) or 'none'}."
        )
    return found


def _offers(pool: Pool, request: BookingRequest) -> bool:
    is_there = request.site is None or pool.site == request.site
    return is_there and set(request.hardware) <= set(pool.hardware)
