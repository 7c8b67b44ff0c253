"""Puts the catalogue together: true stars first, then what is measured of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from . import clusters, galaxy, population, sky, survey
from .measurement import measure
from .truth import FIELD, Truth

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Catalogue", "make_catalogue"]


@dataclass(frozen=True)
class Catalogue:
    """What is measured, column by column, and the truth behind it."""

    columns: dict[str, npt.NDArray[np.generic]]
    truth: Truth


def make_catalogue(rows: int, seed: int) -> Catalogue:
    """
    Make a catalogue of exactly `rows` stars.

    The same rows and seed give the same catalogue.
    """
    rng = np.random.default_rng(seed)
    members = [
        _seen(rng, round(rows * cluster.share), partial(_members, rng, number))
        for number, cluster in enumerate(clusters.CLUSTERS, start=1)
    ]
    doubles = round(rows * clusters.BINARY_SHARE)
    singles = rows - doubles - sum(len(group.kind) for group in members)
    stars = _with_binaries(rng, _seen(rng, singles, partial(_field, rng)), doubles)
    for group in members:
        stars += group
    return Catalogue(measure(rng, stars), stars)


def _seen(rng: np.random.Generator, wanted: int, draw: Callable[[int], Truth]) -> Truth:
    """Draw until the survey has seen as many stars as are wanted."""
    seen = draw(0)
    while len(seen.kind) < wanted:
        stars = draw(4 * wanted)
        noticed = rng.random(len(stars.kind)) < survey.completeness(stars.apparent)
        seen += stars.take(noticed)
    return seen.take(np.arange(wanted))


def _field(rng: np.random.Generator, count: int) -> Truth:
    places, component = galaxy.draw_places(rng, count)
    stars = population.draw_stars(rng, len(places))
    shift = np.array([c.colour_shift for c in galaxy.COMPONENTS])[component]
    is_white = stars.kind == population.KINDS.index(population.WHITE_DWARFS)
    velocities = galaxy.draw_velocities(rng, places, component)
    return Truth(
        places=sky.to_equatorial(places),
        velocities=sky.to_equatorial(velocities),
        component=component,
        dust=galaxy.dust(places),
        group=np.full(len(places), FIELD),
        pair=np.zeros(len(places), np.int64),
        kind=stars.kind,
        magnitude=stars.magnitude,
        colour=stars.colour + np.where(is_white, 0, shift),
        is_blend=stars.is_blend,
    )


def _members(rng: np.random.Generator, number: int, count: int) -> Truth:
    cluster = clusters.CLUSTERS[number - 1]
    places, velocities = clusters.draw_members(rng, cluster, count)
    kinds = population.KINDS if cluster.giants else (population.DWARFS,)
    stars = population.draw_stars(rng, count, kinds=kinds, brightest=cluster.turn_off)
    return Truth(
        places=places,
        velocities=velocities,
        component=np.full(count, -1, np.int8),
        dust=galaxy.dust(sky.to_galactic(places)),
        group=np.full(count, number),
        pair=np.zeros(count, np.int64),
        **vars(stars),
    )


def _with_binaries(rng: np.random.Generator, field: Truth, wanted: int) -> Truth:
    """Give some dwarfs a dwarf beside them that the survey sees, and sees apart."""
    chosen = rng.permutation(np.flatnonzero(field.kind == 0))
    first = field.take(chosen)
    offsets = clusters.binary_offsets(rng, first.places / first.distance[:, None])
    dwarfs = population.draw_stars(rng, len(chosen), kinds=(population.DWARFS,))
    second = replace(first, places=first.places + offsets, pair=chosen + 1, **vars(dwarfs))
    apart_arcsec = np.degrees(np.linalg.norm(offsets, axis=1) / first.distance) * 3600
    noticed = rng.random(len(chosen)) < survey.completeness(second.apparent)
    found = np.flatnonzero(noticed & (apart_arcsec > survey.RESOLVED_ARCSEC))[:wanted]
    if len(found) < wanted:
        raise ValueError(f"Only {len(found)} of {wanted} wide binaries could be made.")
    companions = second.take(found)
    pair = field.pair.copy()
    pair[companions.pair - 1] = companions.pair
    return replace(field, pair=pair) + companions
