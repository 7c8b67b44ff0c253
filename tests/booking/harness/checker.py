"""Whether more was acknowledged than there is: by what clients were told, and nothing else.

What is claimed, of what, and how much there is, is all that it knows: bookings of a pool's cores
by hours, and leases of whole hosts by the second, are checked alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import inf


@dataclass(frozen=True)
class Claim:
    """Something that a client was told to have, and for how long it was sure to have it.

    Parameters
    ----------
    resource
        What it is of: a pool's cores, or a host.
    amount
        How much of it.
    start, end
        For which time it is claimed, in any unit; `end` is excluded.
    sure_from
        When the client was told so.
    sure_until
        When the client asked to change it or to give it up: from then on it may be gone.
    """

    resource: str
    amount: float
    start: float
    end: float
    sure_from: float = -inf
    sure_until: float = inf


@dataclass(frozen=True)
class Oversold:
    """A time for which more was acknowledged than there is, and when that was so."""

    resource: str
    start: float
    end: float
    claimed: float
    capacity: float
    since: float


def oversold(claims: Iterable[Claim], capacity: Mapping[str, float]) -> list[Oversold]:
    """Return each time for which more was sure to be claimed, at one moment, than there is."""
    by_resource: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.sure_from < claim.sure_until:
            by_resource[claim.resource].append(claim)
    return [
        found
        for resource, mine in sorted(by_resource.items())
        for found in _of_one(resource, mine, capacity[resource])
    ]


def _of_one(resource: str, claims: list[Claim], capacity: float) -> Iterable[Oversold]:
    edges = sorted({edge for claim in claims for edge in (claim.start, claim.end)})
    slots = {edge: number for number, edge in enumerate(edges)}
    touching: list[list[Claim]] = [[] for _ in edges]
    for claim in claims:
        for slot in range(slots[claim.start], slots[claim.end]):
            touching[slot].append(claim)
    for (start, end), here in zip(pairwise(edges), touching, strict=False):
        most, since = _most(here)
        if most > capacity:
            yield Oversold(resource, start, end, most, capacity, since)


def _most(claims: list[Claim]) -> tuple[float, float]:
    """Return the most that was claimed at one moment, and when."""
    # What ends at the moment at which another begins is gone by then.
    turns = sorted(
        turn
        for claim in claims
        for turn in ((claim.sure_from, 1, claim.amount), (claim.sure_until, 0, -claim.amount))
    )
    total, most, since = 0.0, 0.0, -inf
    for moment, _, amount in turns:
        total += amount
        if total > most:
            most, since = total, moment
    return most, since
