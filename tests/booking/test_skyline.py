"""The kernel against a loop over every hour, and against portion's intervals."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aglais_booking.rules.skyline import Whole, fits, occupied

KINDS = 3
HOURS = range(100, 140)
LARGE = 2**60
"""More than doubles are exact at."""

amounts = st.tuples(*[st.integers(0, 9) | st.integers(0, LARGE)] * KINDS)
holds = st.lists(st.tuples(st.integers(80, 160), st.integers(80, 160), amounts), max_size=7)


def arrays(given_holds: list[tuple[int, int, tuple[int, ...]]]) -> tuple[Whole, Whole, Whole]:
    """Return the columns of holds."""
    first, end = (np.array([one[at] for one in given_holds], np.int64) for at in (0, 1))
    taken = np.array([one[2] for one in given_holds], np.int64).reshape(-1, KINDS)
    return first, end, taken


@given(holds)
@example([])
@example([(90, 150, (2**53 + 1, 1, 0)), (101, 150, (2**53 + 1, 1, 0))])
@example([(120, 110, (5, 5, 5))])
def test_what_is_taken_is_the_sum_over_the_holds_in_each_hour(
    given_holds: list[tuple[int, int, tuple[int, ...]]],
) -> None:
    by_hand = [
        [
            sum(taken[kind] for first, end, taken in given_holds if first <= hour < end)
            for kind in range(KINDS)
        ]
        for hour in HOURS
    ]
    assert occupied(*arrays(given_holds), HOURS).tolist() == by_hand


row = st.tuples(*[st.integers(-3, 20)] * KINDS)


@settings(max_examples=200)
@given(
    st.lists(row, min_size=1, max_size=30),
    st.lists(st.tuples(*[st.integers(0, 4)] * KINDS), min_size=1, max_size=4),
    st.data(),
)
def test_what_fits_fits_in_every_hour_of_a_slot_and_no_more_of_it(
    free: list[tuple[int, ...]], needs: list[tuple[int, ...]], data: st.DataObject
) -> None:
    # Slots may lie anywhere, also beside and in each other: hours that start at the half are so.
    starts = st.integers(0, len(free) - 1)
    first = data.draw(st.lists(starts, min_size=1, max_size=8))
    end = [data.draw(st.integers(one + 1, len(free))) for one in first]
    counts = fits(
        np.array(free, np.int64), np.array(needs, np.int64),
        np.array(first, np.int64), np.array(end, np.int64),
    )  # fmt: skip
    assert counts.shape == (len(needs), len(first))
    for package, need in enumerate(needs):
        for slot, hours in enumerate(zip(first, end, strict=True)):
            count = int(counts[package, slot])
            if any(need):
                assert holds_in(free[slice(*hours)], need, count)
                assert not holds_in(free[slice(*hours)], need, count + 1)


def holds_in(hours: list[tuple[int, ...]], need: tuple[int, ...], count: int) -> bool:
    """Tell whether so many of a package are there in each of some hours."""
    return all(
        count * one <= max(0, has)
        for hour in hours
        for one, has in zip(need, hour, strict=True)
        if one
    )


def test_a_package_that_needs_nothing_fits_anywhere() -> None:
    nothing = np.zeros((1, KINDS), np.int64)
    counts = fits(nothing, nothing, np.array([0]), np.array([1]))
    assert counts[0, 0] > 10**6
