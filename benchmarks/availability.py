"""What is available: the kernel beside libraries of intervals, and the whole way over REST.

    python -m benchmarks.availability [--rounds 5] [--postgres] [--most 100000] [--with MODULE:NAME]

First the kernel, from bookings to what of five packages fits on each day of a year: beside
intervaltree, which is asked for each hour, and portion, whose IntervalDict adds bookings up. Each
takes part up to the size that it can do in seconds. Then the service: five packages by 31 days,
asked over HTTP with a token, on databases with more and more bookings. `--with` adds a peer.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import logging
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from aglais_booking.rules.skyline import fits, occupied
from benchmarks.availability_service import ServiceUnderTest, service_with
from benchmarks.figures import alternately, show

YEAR = 365 * 24
NEEDS = np.array([[2000, 3], [3000, 4], [6000, 12], [20_000, 40], [20_000, 40]])
"""Cores, in thousandths, and GiB of five packages."""
PHYSICAL = (10**9, 10**7)

Booking = tuple[int, int, int, int]
"""First hour, end hour, cores in thousandths, GiB."""

NewUrl = Callable[[], str]
"""Returns the URL of a new and empty database."""

Peer = Callable[[int], AbstractAsyncContextManager[Callable[[], Awaitable[Any]]]]
"""Given how many bookings there are to be, opens a way to ask what is available for 31 days."""


def bookings(number: int, seed: int = 1) -> list[Booking]:
    """Return bookings of some days each, all over a year."""
    dice = random.Random(seed)
    made = []
    for _ in range(number):
        first, need = dice.randrange(YEAR), NEEDS[dice.randrange(5)]
        end = min(YEAR, first + 24 * dice.randint(1, 14))
        made.append((first, end, int(need[0]), int(need[1])))
    return made


class Ours:
    """The kernel."""

    name, most = "ours", 10**6

    def taken(self, made: Any) -> Any:
        """Return what is taken in each hour."""
        return occupied(*made, range(YEAR))

    def given(self, made: list[Booking]) -> Any:
        """Return bookings as columns."""
        first, end, *amounts = np.array(made, np.int64).T.copy()
        return first, end, np.array(amounts).T


class Tree:
    """intervaltree: which bookings lie over an hour, asked for each."""

    name, most = "intervaltree", 10_000

    def given(self, made: list[Booking]) -> Any:
        """Return the bookings."""
        return made

    def taken(self, made: list[Booking]) -> Any:
        """Return what is taken in each hour."""
        from intervaltree import Interval, IntervalTree

        tree = IntervalTree(
            # It is a set: two bookings that are alike would be one.
            Interval(one[0], one[1], (*one, number))
            for number, one in enumerate(made)
        )
        hours = np.zeros((YEAR, 2), np.int64)
        for hour in range(YEAR):
            over = tree[hour]
            hours[hour] = (sum(one.data[2] for one in over), sum(one.data[3] for one in over))
        return hours


class Portion:
    """portion: an IntervalDict that bookings are added up in."""

    name, most = "portion", 100

    def given(self, made: list[Booking]) -> Any:
        """Return the bookings."""
        return made

    def taken(self, made: list[Booking]) -> Any:
        """Return what is taken in each hour."""
        import portion

        def add(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
            return (one[0] + other[0], one[1] + other[1])

        sums = portion.IntervalDict()
        for first, end, cores, memory in made:
            new = portion.IntervalDict({portion.closedopen(first, end): (cores, memory)})
            sums = sums.combine(new, how=add)
        hours = np.zeros((YEAR, 2), np.int64)
        for interval, amount in sums.items():
            for piece in interval:
                hours[piece.lower : piece.upper] = amount
        return hours


def counted(taken: Any) -> Any:
    """Return how many of each package fit on each day, the same for all."""
    free = np.array(PHYSICAL, np.int64) - taken
    days = np.arange(0, YEAR, 24)
    return fits(free, NEEDS, days, days + 24)


async def kernel(number: int, rounds: int) -> None:
    """Measure those who can do so many bookings, and see that they agree."""
    made = bookings(number)
    sides: list[Any] = [kind() for kind in (Ours, Tree, Portion) if kind.most >= number]
    answers = [counted(side.taken(side.given(made))) for side in sides]
    assert all((answer == answers[0]).all() for answer in answers)

    async def prepare(side: Any, _number: int) -> Any:
        return side.given(made)

    async def one_round(side: Any, ready: list[Any]) -> Sequence[float]:
        began = time.perf_counter()
        taken = side.taken(ready[0])
        middle = time.perf_counter()
        counted(taken)
        return ((middle - began) * 1000, (time.perf_counter() - began) * 1000)

    rows = ("taken by hour, ms", "what fits by day, in all, ms")
    pairs = [(side, prepare) for side in sides]
    seen = await alternately(rows, rounds, 1, pairs, one_round)
    show(f"{number} bookings in a year of hours", [side.name for side in sides], seen)


async def over_rest(new_url: NewUrl, sizes: Sequence[int], rounds: int, times: int) -> None:
    """Measure the service with few and with many bookings, in turn."""
    async with AsyncExitStack() as stack:
        made = [await stack.enter_async_context(service_with(new_url(), size)) for size in sizes]
        await _compare(made, [f"{size} bookings" for size in sizes], rounds, times)


async def _compare(
    sides: Sequence[ServiceUnderTest | Callable[[], Awaitable[Any]]],
    names: Sequence[str],
    rounds: int,
    times: int,
) -> None:
    async def prepare(side: Any, _number: int) -> Any:
        return side

    async def one_round(side: Any, ready: list[Any]) -> Sequence[float]:
        ask = side.ask if isinstance(side, ServiceUnderTest) else side
        await ask()
        took = []
        for _ in ready:
            began = time.perf_counter()
            await ask()
            took.append((time.perf_counter() - began) * 1000)
        return (float(np.median(took)), max(took))

    rows = ("end to end, ms", "slowest, ms")
    seen = await alternately(rows, rounds, times, [(side, prepare) for side in sides], one_round)
    show("Five packages by 31 days over REST", names, seen)


async def beside(peers: Sequence[str], new_url: NewUrl, size: int, rounds: int) -> None:
    """Measure the service beside peers that are made elsewhere."""
    async with AsyncExitStack() as stack:
        sides: list[Any] = [await stack.enter_async_context(service_with(new_url(), size))]
        for peer in peers:
            module, _, name = peer.partition(":")
            opened: Peer = getattr(importlib.import_module(module), name)
            sides.append(await stack.enter_async_context(opened(size)))
        await _compare(sides, ["ours", *peers], rounds, 3)


async def measure(given: argparse.Namespace, urls: dict[str, NewUrl]) -> None:
    """Measure all that was asked for."""
    for number in (100, 1000, 10_000, 100_000):
        if number <= given.most:
            await kernel(number, given.rounds)
    sizes = [size for size in (1000, 10_000, 100_000) if size <= given.most]
    for title, new_url in urls.items():
        sys.stdout.write(f"\n{title}: so many bookings in the future, and as many in the past\n")
        await over_rest(new_url, sizes, given.rounds, given.times)
        if given.peers:
            await beside(given.peers, new_url, given.peer_bookings, given.rounds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--times", type=int, default=50, help="requests in a round")
    parser.add_argument("--most", type=int, default=100_000, help="most bookings")
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL besides SQLite")
    parser.add_argument("--with", dest="peers", action="append", default=[], metavar="MODULE:NAME")
    parser.add_argument("--peer-bookings", type=int, default=2000)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        numbers = count()
        urls: dict[str, NewUrl] = {"SQLite": lambda: f"sqlite:///{folder}/{next(numbers)}.db"}
        if given.postgres:
            from tests.support.postgres import PostgresServer

            urls["PostgreSQL"] = stack.enter_context(PostgresServer.started()).new_database
        asyncio.run(measure(given, urls))


if __name__ == "__main__":
    main()
