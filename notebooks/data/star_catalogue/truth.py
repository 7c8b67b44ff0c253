"""Stars as they are, before anybody measures them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["FIELD", "Truth"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FIELD = 0
"""Group of stars that are in no cluster; cluster n is group n, counted from 1."""


@dataclass(frozen=True)
class Truth:
    """Stars as they are. Rows of all arrays belong together."""

    places: Floats
    """Equatorial, pc, shape (n, 3)."""
    velocities: Floats
    """Equatorial, km/s, shape (n, 3)."""
    kind: npt.NDArray[np.int8]
    component: npt.NDArray[np.int8]
    """Indices into population.KINDS and galaxy.COMPONENTS (-1 in clusters)."""
    magnitude: Floats
    colour: Floats
    dust: Floats
    """Absolute G and BP - RP without dust; the dimming by dust in G."""
    is_blend: npt.NDArray[np.bool_]
    group: Integers
    """FIELD, or 1 + index into clusters.CLUSTERS."""
    pair: Integers
    """The same number for both stars of a wide binary; 0: single."""

    @property
    def distance(self) -> Floats:
        """Pc."""
        distance: Floats = np.linalg.norm(self.places, axis=1)
        return distance

    @property
    def apparent(self) -> Floats:
        """Apparent magnitude in G, without error."""
        apparent: Floats = self.magnitude + 5 * np.log10(self.distance / 10) + self.dust
        return apparent

    def take(self, rows: npt.NDArray[np.generic]) -> Truth:
        """Return some of the stars."""
        return Truth(**{name: values[rows] for name, values in vars(self).items()})

    def __add__(self, other: Truth) -> Truth:
        mine, theirs = vars(self), vars(other)
        return Truth(**{name: np.concatenate([mine[name], theirs[name]]) for name in mine})
