"""
Which stars there are: how many of each luminosity, and what colour they have.

Colours are Gaia's BP - RP, magnitudes absolute in Gaia's G, both without dust. The ridge lines are
rounded after Pecaut & Mamajek 2013 (ApJS 208, 9; dwarfs) and Gaia Collaboration, Babusiaux et al.
2018 (A&A 616, A10; giants, white dwarfs); luminosity functions are chosen, in the likeness of
counts of the nearest stars.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["KINDS", "Kind", "Stars", "draw_stars"]

Floats = npt.NDArray[np.float64]

FAINTEST_BLENDS = 5.0
"""Companions this much fainter (magnitudes) change nothing that is measured."""

BLENDED_SHARE = 0.25
"""Share of dwarfs with a companion that no survey separates (chosen)."""


@dataclass(frozen=True)
class Kind:
    """A sequence of the colour-magnitude diagram."""

    name: str
    ridge: tuple[tuple[float, float], ...]
    """Points (absolute magnitude, colour)."""
    density: tuple[tuple[float, float], ...]
    """Points (absolute magnitude, stars per pc^3 and magnitude near the Sun)."""
    colour_scatter: float
    """Standard deviation about the ridge, magnitudes."""

    @property
    def total_density(self) -> float:
        """Stars per pc^3 near the Sun."""
        magnitude, density = self._curve()
        return float(np.mean(density) * (magnitude[-1] - magnitude[0]))

    def _curve(self) -> tuple[Floats, Floats]:
        points = np.array(self.density)
        magnitude = np.linspace(points[0, 0], points[-1, 0], 2001)
        return magnitude, np.interp(magnitude, points[:, 0], points[:, 1])

    def draw_magnitudes(self, rng: np.random.Generator, count: int) -> Floats:
        """Draw absolute magnitudes from the luminosity function."""
        magnitude, density = self._curve()
        cumulative = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
        drawn: Floats = np.interp(rng.random(count), cumulative / cumulative[-1], magnitude)
        return drawn

    def colour(self, magnitude: Floats) -> Floats:
        """Return the colour of the ridge at absolute magnitudes."""
        points = np.array(self.ridge)
        colour: Floats = np.interp(magnitude, points[:, 0], points[:, 1])
        return colour


DWARFS = Kind(
    "main sequence",
    ridge=(
        (-2.5, -0.32), (-1.0, -0.22), (0.0, -0.11), (1.2, 0.02), (1.9, 0.20), (2.5, 0.37),
        (3.4, 0.59), (4.2, 0.74), (4.7, 0.83), (5.2, 0.90), (5.8, 1.01), (6.5, 1.20), (7.2, 1.47),
        (7.9, 1.72), (8.6, 1.94), (9.4, 2.17), (10.4, 2.45), (11.8, 2.80), (13.3, 3.25),
        (14.8, 3.90), (16.0, 4.60), (17.0, 5.00),
    ),
    density=(
        (-2.5, 1e-6), (-1.0, 1e-5), (0.0, 6e-5), (1.0, 2.2e-4), (2.0, 5.5e-4), (3.0, 1.1e-3),
        (4.0, 2.1e-3), (5.0, 3.0e-3), (6.0, 3.2e-3), (7.0, 3.4e-3), (8.0, 5.0e-3), (9.0, 8.5e-3),
        (10.0, 1.2e-2), (11.0, 1.25e-2), (12.0, 9.5e-3), (13.0, 7.0e-3), (14.0, 5.5e-3),
        (15.0, 3.5e-3), (16.0, 2.0e-3), (17.0, 0.0),
    ),
    colour_scatter=0.035,
)  # fmt: skip

GIANTS = Kind(
    "giant branch",
    ridge=(
        (-2.5, 2.35), (-1.8, 1.85), (-1.0, 1.55), (0.0, 1.32), (1.0, 1.20), (2.0, 1.11),
        (2.8, 1.05), (3.2, 0.99), (3.5, 0.89), (3.8, 0.78),
    ),
    density=(
        (-2.5, 0.0), (-1.5, 1.2e-5), (0.0, 5e-5), (1.0, 1.0e-4), (2.0, 1.7e-4), (2.8, 3.0e-4),
        (3.3, 4.2e-4), (3.8, 3.0e-4),
    ),
    colour_scatter=0.045,
)  # fmt: skip

CLUMP = Kind(
    "red clump",
    ridge=((0.0, 1.22), (1.0, 1.18)),
    density=((0.05, 0.0), (0.35, 3.0e-4), (0.55, 9.0e-4), (0.75, 3.0e-4), (1.05, 0.0)),
    colour_scatter=0.05,
)

WHITE_DWARFS = Kind(
    "white dwarf",
    ridge=(
        (9.6, -0.52), (10.4, -0.42), (11.0, -0.24), (11.6, -0.02), (12.2, 0.20), (13.0, 0.48),
        (13.8, 0.76), (14.6, 1.06), (15.3, 1.32), (15.8, 1.45),
    ),
    density=(
        (9.6, 3e-5), (11.0, 2.2e-4), (12.0, 5.5e-4), (13.0, 9.5e-4), (14.0, 1.4e-3), (15.0, 2.0e-3),
        (15.4, 1.5e-3), (15.8, 0.0),
    ),
    colour_scatter=0.05,
)  # fmt: skip

KINDS = (DWARFS, GIANTS, CLUMP, WHITE_DWARFS)


@dataclass(frozen=True)
class Stars:
    """What stars are in themselves."""

    kind: npt.NDArray[np.int8]
    """Index into KINDS."""
    magnitude: Floats
    """Absolute magnitude in G."""
    colour: Floats
    """BP - RP without dust."""
    is_blend: npt.NDArray[np.bool_]
    """Whether it is two stars in one."""


def draw_stars(
    rng: np.random.Generator, count: int, *, kinds: tuple[Kind, ...] = KINDS, brightest: float = -9
) -> Stars:
    """
    Draw stars of one volume.

    Parameters
    ----------
    brightest
        Dwarfs brighter than this have left the main sequence: they become nothing (chosen by
        drawing again), which is what age does to a cluster.
    """
    shares = np.array([kind.total_density for kind in kinds])
    drawn = rng.choice(len(kinds), size=count, p=shares / shares.sum())
    kind = np.array([KINDS.index(k) for k in kinds], dtype=np.int8)[drawn]
    magnitude, colour = np.empty(count), np.empty(count)
    for index, each in enumerate(KINDS):
        mine = np.flatnonzero(kind == index)
        values = each.draw_magnitudes(rng, mine.size)
        while each is DWARFS and (old := values < brightest).any():
            values[old] = each.draw_magnitudes(rng, int(old.sum()))
        magnitude[mine] = values
        colour[mine] = each.colour(values) + rng.normal(0, each.colour_scatter, mine.size)
    return _with_blends(rng, kind, magnitude, colour)


def _with_blends(
    rng: np.random.Generator, kind: npt.NDArray[np.int8], magnitude: Floats, colour: Floats
) -> Stars:
    is_blend = (kind == 0) & (rng.random(kind.size) < BLENDED_SHARE)
    fainter = rng.uniform(0, FAINTEST_BLENDS, kind.size)
    light = 10 ** (-0.4 * fainter)
    companion = DWARFS.colour(magnitude + fainter)
    blended = magnitude - 2.5 * np.log10(1 + light)
    mixed = (colour + light * companion) / (1 + light)
    return Stars(
        kind,
        np.where(is_blend, blended, magnitude),
        np.where(is_blend, mixed, colour),
        is_blend,
    )
