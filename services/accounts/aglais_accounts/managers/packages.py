"""Packages that limits name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aglais_hub.client import BookingClient
from aglais_hub.errors import InvalidRequest

__all__ = ["UnknownPackageError", "check_packages"]


class UnknownPackageError(InvalidRequest):
    """A list of packages names one that is none."""

    code = "unknown-package"


async def check_packages(booking: BookingClient, limits: Mapping[str, Any]) -> None:
    """Refuse lists of packages that name one that is none: it would only be a slip.

    Booking is asked only where there is a list; never inside a transaction.

    Raises
    ------
    UnknownPackageError
        It names what there is.
    """
    named = {*(limits.get("packages") or ()), *(limits.get("bookable_packages") or ())}
    if not named:
        return
    known = [one.name for one in await booking.packages()]
    unknown = sorted(named.difference(known))
    if unknown:
        raise UnknownPackageError(
            f"There is no package {', '.join(unknown)}; there are {', '.join(known)}."
        )
