"""Rules of packages and pools; they ask nothing and change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aglais_booking.refusals import (
    DefaultNotStartableError,
    NotBookableError,
    PackageNotAllowedError,
    PackageTooSmallError,
    SessionLimitError,
)
from aglais_hub.models.booking import (
    AdmissionRequest,
    Package,
    PackageEdit,
    Pool,
    PoolUsage,
    Resources,
)
from aglais_hub.web.show import size

__all__ = [
    "check_allowed",
    "check_package",
    "check_sessions",
    "default_of",
    "is_allowed",
    "usage_of",
]

GIB = 2**30

FRONTEND_MEMORY_BYTES = GIB
"""Least memory of a front end: it holds Zeppelin's server (256 MiB heap and as much beside it),
one interpreter process with the Spark driver (512 MiB heap is Spark's own lower bound at
450 MiB with its 300 MiB reserve), and the Spark master."""

WORKER_MEMORY_BYTES = 3 * GIB // 4
"""Least memory of a Spark worker: an executor needs a heap of 450 MiB (Spark refuses less: one
and a half times its reserve of 300 MiB) and 10 %, but no less than 384 MiB, off the heap, of
which a small session uses about a half; the worker's own daemon shares the rest."""


def check_package(edit: PackageEdit) -> None:
    """Refuse a package in which nothing would run, or that its level could not start.

    Raises
    ------
    PackageTooSmallError
        It says what is too small, and how much is needed at least.
    DefaultNotStartableError
        The level that should get it by default may not start it.
    NotBookableError
        It says how it is booked, but nobody may book it.
    """
    units = (
        ("The front end", edit.limits.frontend.memory_bytes, FRONTEND_MEMORY_BYTES),
        ("A worker", edit.limits.worker.memory_bytes, WORKER_MEMORY_BYTES),
    )
    for unit, given, needed in units:
        if given < needed:
            raise PackageTooSmallError(
                f"{unit} with {size(given)} of memory is too small for Zeppelin and Spark; "
                f"give it {size(needed)} or more."
            )
    default = edit.default_from_level
    if default is not None and default < edit.startable_from_level:
        raise DefaultNotStartableError(
            f"Level {default.value} cannot get by default what may be started from level "
            f"{edit.startable_from_level.value} only; lower the one or raise the other."
        )
    _check_bookable(edit)


def _check_bookable(edit: PackageEdit) -> None:
    """Refuse to say how a package is booked that nobody may book."""
    if edit.bookable_from_level is not None:
        return
    said = {
        "how long it can be booked": edit.longest_seconds is not None,
        "how far ahead": edit.furthest_seconds is not None,
        "how often at once": edit.bookable_count is not None,
        "that who books it chooses its size": edit.is_custom,
    }
    words = [what for what, is_said in said.items() if is_said]
    if words:
        raise NotBookableError(
            f"It says {' and '.join(words)}, but nobody may book it. Say from which level it can "
            "be booked, or leave that away."
        )


def is_allowed(package: Package, request: AdmissionRequest) -> bool:
    """Tell whether an account may start a package: by its own list, or else by its level."""
    if request.packages is not None:
        return package.name in request.packages
    return package.startable_from_level <= request.level


def check_allowed(package: Package, request: AdmissionRequest, hint: str) -> None:
    """Refuse a package that an account may not start.

    Parameters
    ----------
    hint
        How it can be started all the same: when, and where it is booked.

    Raises
    ------
    PackageNotAllowedError
        It names what is needed.
    """
    if is_allowed(package, request):
        return
    if request.packages is not None:
        raise PackageNotAllowedError(
            f"Package {package.name} is not among those that {request.account} may start: "
            f"{', '.join(request.packages) or 'none'}. Start one of these, or a booking. {hint}"
        )
    raise PackageNotAllowedError(
        f"Package {package.name} can be started from level {package.startable_from_level.word} on; "
        f"{request.account} has level {request.level.word}. {hint}"
    )


def default_of(
    usual: Package | None, request: AdmissionRequest, packages: Iterable[Package]
) -> Package | None:
    """Return what an account gets that asks for no package.

    Its level's usual one. Where it may not start that: the largest it may that is no larger,
    or else the smallest.

    Parameters
    ----------
    usual
        What its level gets.
    packages
        All there are.
    """
    if usual is not None and is_allowed(usual, request):
        return usual
    allowed = sorted((one for one in packages if is_allowed(one, request)), key=_amount)
    room = usual.limits.total if usual else Resources(cores=0, memory_bytes=0)
    fitting = [one for one in allowed if _fits(one.limits.total, room)]
    return fitting[-1] if fitting else next(iter(allowed), None)


def _amount(package: Package) -> tuple[float, int, str]:
    total = package.limits.total
    return (total.cores, total.memory_bytes, package.name)


def check_sessions(request: AdmissionRequest, others: Sequence[str]) -> None:
    """Refuse one session more than an account may have at once.

    Parameters
    ----------
    others
        Names of its other servers that have a session.

    Raises
    ------
    SessionLimitError
        It says which sessions there are.
    """
    if request.session_count is None or len(others) < request.session_count:
        return
    names = ", ".join(name or "the usual one" for name in sorted(others))
    raise SessionLimitError(
        f"{request.account} has {len(others)} running ({names}), and may have "
        f"{request.session_count} at once. End one of them first."
    )


def usage_of(pool: Pool, promised: Resources, sessions: int) -> PoolUsage:
    """Return what of a pool is in use; free is nothing where a pool has shrunk below its use."""
    promisable = pool.promisable
    return PoolUsage(
        pool=pool.name,
        sessions=sessions,
        physical=Resources(**dict(pool.resources)),
        promisable=promisable,
        promised=promised,
        free=Resources(
            cores=round(max(0.0, promisable.cores - promised.cores), 6),
            memory_bytes=max(0, promisable.memory_bytes - promised.memory_bytes),
            disk_bytes=_left(promisable.disk_bytes, promised.disk_bytes),
            gpus=max(0, promisable.gpus - promised.gpus),
        ),
    )


def _left(of: int | None, taken: int | None) -> int | None:
    return None if of is None else max(0, of - (taken or 0))


def _fits(needed: Resources, room: Resources) -> bool:
    tolerance = 1e-6  # tenths of cores are no exact numbers in binary
    return (
        needed.cores <= room.cores + tolerance
        and needed.memory_bytes <= room.memory_bytes
        and (room.disk_bytes is None or (needed.disk_bytes or 0) <= room.disk_bytes)
        and needed.gpus <= room.gpus
    )
