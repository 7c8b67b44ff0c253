"""
Stars that belong together: two open clusters and wide binaries.

Both clusters are invented, so are their names. Their numbers are of the size of real ones of
their age and distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .sky import KM_S_PER_AU_YR, tangent_basis, unit_vectors

__all__ = ["BINARY_SHARE", "CLUSTERS", "Cluster", "binary_offsets", "draw_members"]

Floats = npt.NDArray[np.float64]

BINARY_SHARE = 0.02
"""Share of the catalogue's stars that get a companion far enough to be seen apart (chosen)."""

NEAREST_AU, FARTHEST_AU = 500.0, 20_000.0
"""Projected separations of binaries, drawn evenly in the logarithm (Oepik's law; range chosen)."""


@dataclass(frozen=True)
class Cluster:
    """An open cluster."""

    name: str
    ra: float
    dec: float
    """Degrees, ICRS."""
    distance_pc: float
    radius_pc: float
    """Half of the members are inside of it, in projection."""
    pmra: float
    pmdec: float
    """mas/yr; pmra with the cosine of the declination."""
    radial_velocity: float
    dispersion: float
    """km/s; the dispersion in one dimension."""
    turn_off: float
    """Absolute magnitude of the brightest dwarfs that are left."""
    giants: bool
    share: float
    """Of the rows of the catalogue."""


CLUSTERS = (
    Cluster("Zeppelin 1", 83.0, 12.0, 180, 3.2, 12.4, -26.1, 9.0, 0.8, -0.6, False, 0.0040),
    Cluster("Zeppelin 2", 205.0, 24.0, 430, 4.0, -9.3, 4.8, -17.0, 0.7, 1.4, True, 0.0030),
)


def draw_members(rng: np.random.Generator, cluster: Cluster, count: int) -> tuple[Floats, Floats]:
    """Draw equatorial places (pc) and velocities (km/s) of members, each of shape (n, 3)."""
    line = unit_vectors(np.array([cluster.ra]), np.array([cluster.dec]))
    east, north = tangent_basis(np.array([cluster.ra]), np.array([cluster.dec]))
    # Plummer's sphere: half of its mass is, in projection, within its scale radius.
    inner = rng.uniform(0.0, 0.97, count)
    radius = cluster.radius_pc / np.sqrt(inner ** (-2 / 3) - 1)
    directions = rng.normal(size=(count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    across = KM_S_PER_AU_YR * cluster.distance_pc / 1000
    mean = line * cluster.radial_velocity + across * (cluster.pmra * east + cluster.pmdec * north)
    places: Floats = line * cluster.distance_pc + directions * radius[:, None]
    velocities: Floats = mean + rng.normal(0, cluster.dispersion, (count, 3))
    return places, velocities


def binary_offsets(rng: np.random.Generator, directions: Floats) -> Floats:
    """Draw where companions stand, pc, seen from the stars in these directions (n, 3)."""
    low, high = np.log(NEAREST_AU), np.log(FARTHEST_AU)
    separation = np.exp(rng.uniform(low, high, len(directions)))
    aside = np.cross(directions, rng.normal(size=directions.shape))
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    au_per_pc = 648_000 / np.pi
    offsets: Floats = aside * (separation / au_per_pc)[:, None]
    return offsets
