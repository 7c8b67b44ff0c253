"""The skyline: how much of a pool is taken in each hour, and how much more of a package fits.

Arrays all the way: neither of the two asks how many bookings there are for each hour.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Whole", "fits", "occupied"]

Whole: TypeAlias = NDArray[np.int64]
"""Whole numbers: of hours, and of resources as the ledger counts them."""


def occupied(first_hours: Whole, end_hours: Whole, amounts: Whole, hours: range) -> Whole:
    """Return what holds take together, by hour.

    A difference array: each hold is added where it begins and taken off where it ends, and the
    running sum over the hours is the skyline.

    Parameters
    ----------
    first_hours, end_hours
        [holds] hours since 1970; the end is excluded, and so is a hold that ends before it begins.
    amounts
        [holds x resources].
    hours
        Of the answer; holds that reach beyond count for the part that is within.

    Returns
    -------
    Whole
        [hours x resources].
    """
    first = np.minimum(np.maximum(first_hours - hours.start, 0), len(hours))
    end = np.maximum(np.minimum(end_hours - hours.start, len(hours)), first)
    steps = np.zeros((amounts.shape[1], len(hours) + 1), np.int64)
    for kind in np.flatnonzero(amounts.any(axis=0)):
        np.add.at(steps[kind], first, amounts[:, kind])
        np.subtract.at(steps[kind], end, amounts[:, kind])
    return steps.cumsum(axis=1)[:, :-1].T


def fits(free: Whole, needs: Whole, first_hours: Whole, end_hours: Whole) -> Whole:
    """Return how many more of each package fit, all the time of each slot.

    Parameters
    ----------
    free
        [hours x resources]; below 0 counts as nothing.
    needs
        [packages x resources]; a resource of which a package needs nothing does not bound it.
    first_hours, end_hours
        [slots] rows of `free`; the end is excluded, and lies behind the first.

    Returns
    -------
    Whole
        [packages x slots].
    """
    # The row behind the last one is never in a slot: it lets a slot end there.
    padded = np.vstack((free, free[-1:]))
    edges = np.column_stack((first_hours, end_hours)).ravel()
    least = np.maximum(np.minimum.reduceat(padded, edges, axis=0)[::2], 0)
    asked = np.maximum(needs, 1)[:, None, :]
    bounds = np.where(needs[:, None, :] > 0, least[None, :, :] // asked, UNBOUND)
    return np.asarray(bounds.min(axis=2), np.int64)


UNBOUND = 2**31 - 1
"""How many of nothing fit anywhere."""
