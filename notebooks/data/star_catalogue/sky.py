"""Coordinates on the sky: galactic to equatorial, HEALPix cells, motions as seen from the Sun."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = [
    "KM_S_PER_AU_YR",
    "healpix_nested",
    "tangent_basis",
    "to_equatorial",
    "to_galactic",
    "unit_vectors",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

KM_S_PER_AU_YR = 4.740470464
"""One astronomical unit per Julian year, in km/s (IAU 2012 unit, 365.25 days)."""

_GALACTIC_AXES = np.array(
    [
        [-0.0548755604162154, -0.8734370902348850, -0.4838350155487132],
        [+0.4941094278755837, -0.4448296299600112, +0.7469822444972189],
        [-0.8676661490190047, -0.1980763734312015, +0.4559837761750669],
    ]
)
"""Galactic x (centre), y (rotation), z (pole) in ICRS: The Hipparcos Catalogue, vol. 1, 1.5.3."""


def to_equatorial(vectors: Floats) -> Floats:
    """Turn galactic Cartesian vectors, shape (n, 3), into equatorial ones (ICRS)."""
    rotated: Floats = vectors @ _GALACTIC_AXES
    return rotated


def to_galactic(vectors: Floats) -> Floats:
    """Turn equatorial Cartesian vectors (ICRS), shape (n, 3), into galactic ones."""
    rotated: Floats = vectors @ _GALACTIC_AXES.T
    return rotated


def unit_vectors(ra_deg: Floats, dec_deg: Floats) -> Floats:
    """Return unit vectors, shape (n, 3), of positions in degrees."""
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def tangent_basis(ra_deg: Floats, dec_deg: Floats) -> tuple[Floats, Floats]:
    """Return the unit vectors towards east and north at positions in degrees, each (n, 3)."""
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    east = np.stack([-np.sin(ra), np.cos(ra), np.zeros_like(ra)], axis=-1)
    north = np.stack([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)], axis=-1)
    return east, north


def healpix_nested(ra_deg: Floats, dec_deg: Floats, level: int) -> Integers:
    """
    Return the nested HEALPix pixel of positions in degrees.

    The projection is that of Gorski et al. 2005 (ApJ 622, 759), section 4: the sphere becomes
    twelve squares that stand on a corner; along the sides of a square its pixels are counted.
    """
    nside = 2**level
    x, y = _project(np.radians(ra_deg) % (2 * np.pi), np.sin(np.radians(dec_deg)))
    north_east = np.floor(nside * (x + y + 0.5)).astype(np.int64)
    north_west = np.floor(nside * (y - x + 0.5)).astype(np.int64)
    # Squares around the north pole touch along their sides: the far side of one is in the next.
    north_west -= (north_east // nside + north_west // nside) > 1
    face = _face(north_east // nside, north_west // nside)
    inside = _interleave(north_east % nside, north_west % nside, level)
    pixel: Integers = face * nside**2 + inside
    return pixel


def _project(phi: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Return HEALPix plane coordinates; a square's diagonals have length 1, x runs from 0 to 4."""
    x = phi / (np.pi / 2)
    sigma = np.minimum(2 - np.sqrt(3 * (1 - np.abs(z))), 2 - 1e-9)  # the pole is in a pixel too
    middle = np.minimum(np.floor(x), 3) + 0.5
    polar = np.abs(z) > 2 / 3
    x = np.where(polar, middle + (x - middle) * (2 - sigma), x)
    return x, np.where(polar, np.sign(z) * sigma / 2, 0.75 * z)


def _face(north_east: Integers, north_west: Integers) -> Integers:
    """Return the base pixel from the position on a grid of such squares."""
    ring = north_east + north_west  # 1: around the north pole, 0: on the equator, -1: south
    column = np.where(ring == 1, north_east - 1, north_east)
    face: Integers = (1 - ring) * 4 + column % 4
    return face


def _interleave(x: Integers, y: Integers, level: int) -> Integers:
    result = np.zeros_like(x)
    for bit in range(level):
        result |= ((x >> bit) & 1) << (2 * bit)
        result |= ((y >> bit) & 1) << (2 * bit + 1)
    return result
