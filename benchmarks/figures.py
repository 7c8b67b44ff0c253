"""Figures of several rounds, side by side."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Any

__all__ = ["alternately", "percentile", "show"]


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


async def alternately(
    rows: Sequence[str],
    rounds: int,
    times: int,
    sides: Sequence[tuple[Any, Callable[[Any, int], Awaitable[Any]]]],
    one_round: Callable[[Any, list[Any]], Awaitable[Sequence[float]]],
) -> dict[str, list[list[float]]]:
    """Measure several Hubs in turn, so that what else goes on meets all of them.

    Parameters
    ----------
    rows
        What a round measures.
    rounds, times
        Rounds that count, after one that warms up; and how often each of them does it.
    sides
        A Hub, and what prepares one time of it, given the Hub and a number that is used once.
    one_round
        Does what was prepared; returns a value for each of `rows`.
    """
    seen: dict[str, list[list[float]]] = {row: [[] for _ in sides] for row in rows}
    numbers = count(1)
    for turn in range(rounds + 1):
        for who, (hub, prepare) in enumerate(sides):
            ready = [await prepare(hub, next(numbers)) for _ in range(times)]
            for row, value in zip(rows, await one_round(hub, ready), strict=True):
                if turn:  # the first one warms up
                    seen[row][who].append(value)
    return seen


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
        cells += [f"{middles[0] / middle:.3g}" for middle in middles[1:]]
        out.append(f"{what:34}" + "".join(f"{cell:>30}" for cell in cells))
    sys.stdout.write("\n".join(out) + "\n")
