"""What the survey writes down of each star."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from . import galaxy, sky, survey

if TYPE_CHECKING:
    from .truth import Truth

__all__ = ["SOURCE_LEVEL", "measure"]

Columns = dict[str, npt.NDArray[np.generic]]
Floats = npt.NDArray[np.float64]

SOURCE_LEVEL = 12
RUNNING_BITS = 35
"""A source_id is the HEALPix pixel of this level, shifted by so many bits, plus a running number:
as in Gaia's catalogues."""


def measure(rng: np.random.Generator, stars: Truth) -> Columns:
    """Return the catalogue's columns, named as in Gaia's and in the same units."""
    directions = stars.places / stars.distance[:, None]
    ra = np.degrees(np.arctan2(directions[:, 1], directions[:, 0])) % 360
    dec = np.degrees(np.arcsin(np.clip(directions[:, 2], -1, 1)))
    columns: Columns = {
        "source_id": _source_ids(rng, ra, dec),
        "random_index": rng.permutation(len(ra)),
        "ra": ra,
        "dec": dec,
    }
    columns |= _astrometry(rng, stars, ra, dec)
    columns |= _photometry(rng, stars)
    columns |= _radial_velocities(rng, stars, directions)
    return columns


def _source_ids(rng: np.random.Generator, ra: Floats, dec: Floats) -> npt.NDArray[np.int64]:
    pixel = sky.healpix_nested(ra, dec, SOURCE_LEVEL)
    ids = (pixel << RUNNING_BITS) + rng.integers(0, 1 << RUNNING_BITS, pixel.size)
    if np.unique(ids).size != ids.size:
        raise ValueError("Two stars got the same source_id: take another seed.")
    return ids


def _astrometry(rng: np.random.Generator, stars: Truth, ra: Floats, dec: Floats) -> Columns:
    """Return parallaxes (mas), proper motions (mas/yr), their errors, and ruwe."""
    east, north = sky.tangent_basis(ra, dec)
    mas_per_km_s = 1000 / (sky.KM_S_PER_AU_YR * stars.distance)
    luck = np.exp(rng.normal(0, 0.12, ra.size))  # how often the scanning came by
    parallax_error = luck * survey.errors("parallax", stars.apparent)
    motion_error = luck * survey.errors("proper_motion", stars.apparent)
    pmra = np.sum(stars.velocities * east, axis=1) * mas_per_km_s
    pmdec = np.sum(stars.velocities * north, axis=1) * mas_per_km_s
    wobble = np.where(stars.is_blend, rng.exponential(0.15, ra.size), 0)
    return {
        "parallax": 1000 / stars.distance + rng.normal(0, parallax_error),
        "parallax_error": _short(parallax_error),
        "pmra": pmra + rng.normal(0, motion_error),
        "pmra_error": _short(motion_error),
        "pmdec": pmdec + rng.normal(0, motion_error),
        "pmdec_error": _short(motion_error),
        "ruwe": _short(np.exp(rng.normal(0, 0.06, ra.size)) + wobble),
    }


def _photometry(rng: np.random.Generator, stars: Truth) -> Columns:
    """Return magnitudes in G, BP and RP."""
    colour = stars.colour + galaxy.REDDENING_PER_DUST * stars.dust
    # A round fit to dwarfs: G - RP is 0.48 for the Sun, 1.24 for an M3 dwarf.
    rp = stars.apparent - (0.62 * colour - 0.05 * colour**2)
    g, bp, rp = (
        true + rng.normal(0, survey.errors(band, stars.apparent))
        for band, true in (("g", stars.apparent), ("bp", rp + colour), ("rp", rp))
    )
    return {
        "phot_g_mean_mag": _short(g),
        "phot_bp_mean_mag": _short(bp),
        "phot_rp_mean_mag": _short(rp),
        "bp_rp": _short(bp - rp),
    }


def _radial_velocities(rng: np.random.Generator, stars: Truth, directions: Floats) -> Columns:
    """Return radial velocities and errors, km/s; NaN where there is none."""
    error = survey.radial_velocity_error(stars.apparent, stars.colour)
    velocity = np.sum(stars.velocities * directions, axis=1)
    velocity += rng.normal(0, 1, velocity.size) * error
    return {"radial_velocity": _short(velocity), "radial_velocity_error": _short(error)}


def _short(values: Floats) -> npt.NDArray[np.float32]:
    return values.astype(np.float32)
