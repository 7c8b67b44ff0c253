"""
Where the stars of the field are and how they move.

Cartesian galactic coordinates with the Sun at the origin: x to the centre, y along the rotation, z
to the north pole; parsec and km/s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["COMPONENTS", "REACH_PC", "Component", "draw_places", "draw_velocities", "dust"]

Floats = npt.NDArray[np.float64]

REACH_PC = 800.0
"""Stars farther away than this are not in the catalogue (chosen)."""

SUN_VELOCITY = np.array([11.1, 12.24, 7.25])
"""Of the Sun against the local standard of rest: Schoenrich, Binney & Dehnen 2010."""

OORT_A, OORT_B = 15.3e-3, -11.9e-3
"""Shear and vorticity of the rotation, km/s/pc: Bovy 2017 (MNRAS 468, L63)."""

SUN_HEIGHT_PC = 20.8
"""Of the Sun above the plane: Bennett & Bovy 2019 (MNRAS 482, 1417)."""

DUST_HEIGHT_PC = 100.0
DUST_MAG_PER_PC = 0.7e-3
"""In G, in the plane near the Sun (chosen; smooth, real dust is in clouds)."""

REDDENING_PER_DUST = 0.53
"""E(BP - RP) per A(G): from A(G) = 0.79 A(V) and E(BP - RP) = 0.42 A(V), for a Sun."""


@dataclass(frozen=True)
class Component:
    """A part of the Galaxy."""

    name: str
    share: float
    """Of the stars near the Sun."""
    height_pc: float
    length_pc: float
    """Scale height and scale length of exponential discs; the halo is flat in here."""
    dispersion: tuple[float, float, float]
    lag: float
    """Velocity dispersions, and how much slower it rotates, km/s."""
    colour_shift: float
    """Dwarfs and giants with fewer metals are bluer, magnitudes (chosen)."""


COMPONENTS = (
    Component("thin disc", 0.895, 280, 2600, (34, 22, 17), 7, 0.0),
    Component("thick disc", 0.10, 900, 2200, (67, 40, 38), 46, -0.06),
    Component("halo", 0.005, 9000, 9000, (155, 95, 90), 220, -0.22),
)
"""After Juric et al. 2008 (ApJ 673, 864) and Bensby, Feltzing & Lundstroem 2003 (A&A 410, 527)."""


def draw_places(rng: np.random.Generator, count: int) -> tuple[Floats, npt.NDArray[np.int8]]:
    """
    Draw positions and components of field stars.

    Returns
    -------
    places
        Shape (n, 3), pc; n is less than `count`, since places are proposed evenly in the sphere
        and kept as often as the discs are dense there.
    component
        Index into COMPONENTS.
    """
    directions = rng.normal(size=(count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    places = directions * REACH_PC * np.cbrt(rng.random((count, 1)))
    component = rng.choice(len(COMPONENTS), size=count, p=[c.share for c in COMPONENTS])
    height = np.array([c.height_pc for c in COMPONENTS])[component]
    length = np.array([c.length_pc for c in COMPONENTS])[component]
    density = np.exp(-np.abs(places[:, 2] + SUN_HEIGHT_PC) / height + places[:, 0] / length)
    kept = rng.random(count) * np.exp(REACH_PC / length) < density
    return places[kept], component[kept].astype(np.int8)


def draw_velocities(
    rng: np.random.Generator, places: Floats, component: npt.NDArray[np.int8]
) -> Floats:
    """Draw velocities as seen from the Sun, shape (n, 3), km/s."""
    spread = np.array([c.dispersion for c in COMPONENTS])[component]
    velocities: Floats = rng.normal(size=places.shape) * spread - SUN_VELOCITY
    velocities[:, 1] -= np.array([c.lag for c in COMPONENTS])[component]
    velocities[:, 0] += (OORT_A - OORT_B) * places[:, 1]
    velocities[:, 1] += (OORT_A + OORT_B) * places[:, 0]
    return velocities


def dust(places: Floats) -> Floats:
    """Return the dimming in G by dust between here and places, magnitudes."""
    distance = np.linalg.norm(places, axis=1)
    start, end = SUN_HEIGHT_PC, places[:, 2] + SUN_HEIGHT_PC
    climb = np.where(np.abs(end - start) < 1e-6, 1e-6, end - start)
    column = np.abs(_column(end) - _column(np.full_like(end, start))) / np.abs(climb)
    dimming: Floats = DUST_MAG_PER_PC * distance * column
    return dimming


def _column(height: Floats) -> Floats:
    """Integrate the dust's density from the plane to a height."""
    below = 1 - np.exp(-np.abs(height) / DUST_HEIGHT_PC)
    column: Floats = np.sign(height) * DUST_HEIGHT_PC * below
    return column
