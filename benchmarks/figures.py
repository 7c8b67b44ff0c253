"""Figures of several rounds, side by side."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Sequence

__all__ = ["percentile", "show"]


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def show(title: str, names: Sequence[str], rounds: dict[str, list[list[float]]]) -> None:
    """Print medians over the rounds, and the ratio of the first column to each other.

    Parameters
    ----------
    names
        Who was measured; ours first.
    rounds
        By what was measured: for each of `names`, the values of all rounds.
    """
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    out = [f"{title}; load average at the end {load}", ""]
    heads = [*names, *(f"{names[0]} / {name}" for name in names[1:])]
    out.append(f"{'median (lowest to highest)':34}" + "".join(f"{head:>30}" for head in heads))
    for what, columns in rounds.items():
        middles = [statistics.median(values) for values in columns]
        cells = [
            f"{middle:.4g} ({min(values):.4g} to {max(values):.4g})"
            for middle, values in zip(middles, columns, strict=True)
        ]
        cells += [f"{middles[0] / middle:.2f}" for middle in middles[1:]]
        out.append(f"{what:34}" + "".join(f"{cell:>30}" for cell in cells))
    sys.stdout.write("\n".join(out) + "\n")
