"""A real Blazar 18 beside ours: what is available, how fast is reserved, and what is sold twice.

    python -m benchmarks.blazar [--hosts 100] [--leases 2000] [--posts 20] [--quick]

Blazar answers with Nova, Placement and Keystone behind it, as it has to; its hosts are rows. First
a month's availability: Blazar's query for all hosts at once and its way by hosts, on its own
database in its own process, beside our answer for five packages by 31 days over HTTP. Then leases
over REST, one after the other and several at once; a checker looks for hosts that were promised to
two at the same moment. Our own bookings are made in `benchmarks.booking_posts`.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.availability_service import service_with
from benchmarks.figures import alternately, percentile, show
from benchmarks.real_blazar import BlazarUnderTest, real_blazar

FAR = 250
"""Days from now on which nothing has been leased."""


async def availability(blazar: BlazarUnderTest, leases: int, rounds: int) -> None:
    """Measure a month's availability, in turn."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{Path(folder) / 'ours.db'}"
        ours = await stack.enter_async_context(service_with(url, leases))
        asks: list[Callable[[], Awaitable[Any]]] = [ours.ask]
        for what in ("bulk", "per-host"):
            ask = await stack.enter_async_context(blazar.queries(what, 31))
            asks += [ask]

        async def prepare(ask: Any, _number: int) -> Any:
            return ask

        async def one_round(_ask: Any, ready: list[Any]) -> list[float]:
            took = []
            for ask in ready:
                began = time.perf_counter()
                await ask()
                took.append((time.perf_counter() - began) * 1000)
            return [percentile(took, 50)]

        seen = await alternately(
            ["a month, ms"], rounds, 5, [(ask, prepare) for ask in asks], one_round
        )
    title = f"Availability, {leases} bookings or leases"
    show(title, ["ours", "Blazar, bulk", "Blazar, by host"], seen)


def one_after_the_other(blazar: BlazarUnderTest, posts: int) -> None:
    """Measure leases that do not meet."""
    dice, took = random.Random(3), []
    cpu = blazar.cpu_seconds()
    for number in range(posts):
        start = datetime.now(UTC) + timedelta(days=dice.randint(2, 60))
        began = time.perf_counter()
        answer = blazar.reserve(f"post-{number}", start)
        took.append(time.perf_counter() - began)
        assert answer.status_code in {201, 500}, answer.text
    used = (blazar.cpu_seconds() - cpu) / posts
    _say(
        f"Leases over REST, one after the other: {posts / sum(took):.2f}/s, "
        f"p50 {percentile(took, 50) * 1000:.0f} ms, p99 {percentile(took, 99) * 1000:.0f} ms, "
        f"{used * 1000:.0f} ms of Blazar's processor each"
    )


def at_once(blazar: BlazarUnderTest, posts: int, clients: int) -> None:
    """Ask for the same day by several clients, and look for hosts that were sold twice."""
    before, start = blazar.double_booked(), datetime.now(UTC) + timedelta(days=FAR)
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        answers = list(
            pool.map(lambda number: blazar.reserve(f"at-once-{number}", start), range(posts))
        )
    seconds = time.perf_counter() - began
    sold = sum(answer.status_code == 201 for answer in answers)
    twice = blazar.double_booked() - before
    _say(
        f"Leases of the same day by {clients} clients at once: {sold} of {posts} were made, "
        f"{sold / seconds:.2f}/s; {twice} pairs of them share a host (0 would be right)"
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--leases", type=int, default=2000)
    parser.add_argument("--posts", type=int, default=20)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="20 hosts, 200 leases")
    given = parser.parse_args()
    if given.quick:
        given.hosts, given.leases, given.posts, given.rounds = 20, 200, 10, 2
    with real_blazar(given.hosts, given.leases) as blazar:
        assert blazar.double_booked() == 0
        asyncio.run(availability(blazar, given.leases, given.rounds))
        one_after_the_other(blazar, given.posts)
        at_once(blazar, given.posts, given.clients)


if __name__ == "__main__":
    main()
