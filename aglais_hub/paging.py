"""Long lists by parts: what comes after a place in an order, at the same cost wherever it is.

An offset has the database count off all that comes before, and a total all there is; a place is
found in an index at once, and stays the same place while others add and remove things.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from aglais_hub.errors import InvalidRequest

__all__ = ["Batch", "Window", "place", "values_of"]

T = TypeVar("T")

LONGEST_PLACE = 512
"""Characters; what is longer was not made here."""


@dataclass(frozen=True)
class Window:
    """The part of a long list that is asked for.

    Parameters
    ----------
    limit
        Most things.
    after
        The place that it begins after, as the part before named it; none: the list's begin.
    """

    limit: int
    after: str | None = None


@dataclass(frozen=True)
class Batch(Generic[T]):
    """A part of a long list.

    Parameters
    ----------
    things
        In their order.
    following
        The place after which the list goes on; none: this was the last part.
    is_first
        Whether nothing comes before.
    """

    things: Sequence[T]
    following: str | None
    is_first: bool

    @property
    def total(self) -> int | None:
        """How many there are in all, where that is seen without counting."""
        return len(self.things) if self.is_first and self.following is None else None


def place(values: Sequence[str | int]) -> str:
    """Return a place as text that fits into an address; nobody need understand it."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def values_of(text: str, count: int) -> list[str | int]:
    """Return the values that make up a place.

    Raises
    ------
    InvalidRequest
        It is no place in this list.
    """
    try:
        if len(text) > LONGEST_PLACE:
            raise _unknown()
        given = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as wrong:
        raise _unknown() from wrong
    if not isinstance(given, list) or len(given) != count:
        raise _unknown()
    if not all(type(value) in {str, int} for value in given):
        raise _unknown()
    return given


def _unknown() -> InvalidRequest:
    return InvalidRequest(
        "after is no place in this list; begin without it, and follow the Link of each answer."
    )
