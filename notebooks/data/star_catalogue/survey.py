"""
What a survey like Gaia would measure of the stars, and which it would miss.

Errors are rounded after the Gaia EDR3 papers: Lindegren et al. 2021 (A&A 649, A2; astrometry),
Riello et al. 2021 (A&A 649, A3; photometry), Katz et al. 2023 (A&A 674, A5; radial velocities).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = [
    "FAINTEST_MAG",
    "HALF_COMPLETE_MAG",
    "RESOLVED_ARCSEC",
    "STEEPNESS_MAG",
    "completeness",
    "errors",
    "radial_velocity_error",
]

Floats = npt.NDArray[np.float64]

HALF_COMPLETE_MAG = 19.5
STEEPNESS_MAG = 0.4
"""Chosen: half of the stars of this G are seen; the share falls by e over so many magnitudes."""

FAINTEST_MAG = 21.0
"""Chosen: nothing fainter in G is in the catalogue."""

RESOLVED_ARCSEC = 1.5
"""Two stars closer than this are one entry (chosen; Gaia DR3 begins to lose pairs there)."""

_ERROR_AT = {
    "magnitude": (6, 9, 13, 15, 16, 17, 18, 19, 20, 21, 22),
    "parallax": (0.02, 0.02, 0.015, 0.028, 0.042, 0.07, 0.12, 0.24, 0.5, 1.3, 3.0),
    "proper_motion": (0.02, 0.02, 0.016, 0.028, 0.043, 0.07, 0.13, 0.26, 0.55, 1.4, 3.2),
    "g": (0.0005, 0.0004, 0.0003, 0.0003, 0.0005, 0.001, 0.0018, 0.003, 0.006, 0.014, 0.03),
    "bp": (0.001, 0.0009, 0.001, 0.002, 0.005, 0.012, 0.025, 0.052, 0.108, 0.23, 0.5),
    "rp": (0.0008, 0.0006, 0.0008, 0.0015, 0.003, 0.006, 0.013, 0.026, 0.052, 0.11, 0.24),
}
"""Standard deviations at G: mas, mas/yr, magnitudes."""


def completeness(magnitude: Floats) -> Floats:
    """Return the share of stars of apparent G that are in the catalogue."""
    share = 1 / (1 + np.exp((magnitude - HALF_COMPLETE_MAG) / STEEPNESS_MAG))
    return np.where(magnitude < FAINTEST_MAG, share, 0)


def errors(of: str, magnitude: Floats) -> Floats:
    """Return standard deviations of a quantity in the table above, at apparent G."""
    return np.exp(np.interp(magnitude, _ERROR_AT["magnitude"], np.log(_ERROR_AT[of])))


def radial_velocity_error(magnitude: Floats, colour: Floats) -> Floats:
    """Return standard deviations in km/s; NaN where a star is too faint, too hot or too cool."""
    measured = (magnitude < 14.5) & (colour > 0.4) & (colour < 3.0)
    return np.where(measured, 0.15 + 0.25 * 10 ** (0.32 * np.maximum(magnitude - 10, 0)), np.nan)
