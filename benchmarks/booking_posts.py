"""How fast bookings are made over REST, while none is oversold.

    python -m benchmarks.booking_posts [--rounds 5] [--posts 1000] [--clients 32]

Each POST has its token checked and its Idempotency-Key and event kept. Two replicas on
PostgreSQL and one on SQLite take turns; `SIDES` takes others that implement `Side`, such as a
Blazar that is asked for leases. The client shares the machine's processors.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import create_engine, make_url, text

from aglais_booking import service
from aglais_hub.database.migrations import migrate
from benchmarks.figures import percentile, show
from benchmarks.services import Booking, Connection, booking
from tests.booking.harness.checker import Claim, oversold
from tests.booking.harness.clients import tomorrow
from tests.booking.harness.kept import kept
from tests.booking.harness.logs import Version
from tests.support.postgres import PostgresServer

ROWS = ("bookings/s", "p50, ms", "p99, ms", "CPU of one, ms")
CORES = 4096
PATH = "/services/booking/api/bookings"


class Side(Protocol):
    """Something that reserves; each call of `reserve` is one attempt."""

    async def reserve(self, number: int) -> bool:
        """Reserve something; tell whether there was room."""

    def cpu_seconds(self) -> float:
        """Return the processor time that it has used so far."""


class Ours:
    """Our bookings, by so many clients."""

    def __init__(self, running: Booking) -> None:
        self.running = running
        self.acknowledged: list[dict[str, Any]] = []
        self._chance = random.Random(5)
        ports = [one.port for one in running.replicas.all]
        self._free = [
            Connection(ports[number % len(ports)], token)
            for number, token in enumerate(running.tokens)
        ]

    async def reserve(self, number: int) -> bool:
        """Book some hours of a small package."""
        start = tomorrow() + timedelta(hours=self._chance.randrange(24 * 60))
        end = start + timedelta(hours=self._chance.randint(1, 24))
        body = {
            "name": f"run {number}", "package": "small",
            "start": start.isoformat(), "end": end.isoformat(),
        }  # fmt: skip
        connection = self._free.pop()
        status, _, answer = await connection.ask(
            "POST", PATH, json.dumps(body).encode(), key=f"key-{number}"
        )
        self._free.append(connection)
        assert status in {201, 409}, answer
        if status == 201:
            self.acknowledged.append(json.loads(answer))
        return status == 201

    def cpu_seconds(self) -> float:
        """Return the processor time of service and database."""
        return self.running.cpu_seconds()

    def check(self, database_url: str) -> None:
        """Refuse figures of a service that oversold or lost anything."""
        versions = [Version.of(one, 0) for one in self.acknowledged]
        claims = [
            Claim("millicores", one.takes(4)[0], first, end)
            for one in versions
            for _, first, end in one.hours()
        ]
        assert not oversold(claims, {"millicores": CORES * 4 * 1000 * 75 // 100})
        found = kept(database_url)
        assert {one.id for one in versions} == {
            one for ids in found.bookings.values() for one in ids
        }
        assert not found.miscounted


async def measured(side: Side, clients: int, numbers: Sequence[int]) -> list[float]:
    """Return the figures of a round."""
    todo, took = iter(numbers), []

    async def client() -> None:
        for number in todo:
            began = time.perf_counter()
            await side.reserve(number)
            took.append((time.perf_counter() - began) * 1000)

    cpu, began = side.cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    seconds, cpu = time.perf_counter() - began, side.cpu_seconds() - cpu
    each = cpu / len(took) * 1000
    return [len(took) / seconds, percentile(took, 50), percentile(took, 99), each]


def _generous(url: str) -> None:
    """Let everybody book without end."""
    migrate(service.package, url)
    given = make_url(url)
    is_sqlite = given.get_backend_name() == "sqlite"
    engine = create_engine(given.set(drivername="sqlite" if is_sqlite else "postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE fair_uses SET booking_count = 1000000, window_booked_seconds = NULL")
        )
    engine.dispose()


async def run(rounds: int, posts: int, clients: int) -> None:
    """Measure and print."""
    async with AsyncExitStack() as stack:
        server = stack.enter_context(PostgresServer.started())
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)]
        urls = [server.new_database(), f"sqlite:///{folders[1]}/booking.db"]
        sides = []
        for number, (url, folder) in enumerate(zip(urls, folders, strict=True)):
            _generous(url)
            running = await stack.enter_async_context(
                booking(
                    url,
                    folder,
                    replicas=2 if number == 0 else 1,
                    clients=clients,
                    database=server.folder if number == 0 else None,
                    cores=CORES,
                )
            )
            sides.append(Ours(running))
        seen: dict[str, list[list[float]]] = {row: [[] for _ in sides] for row in ROWS}
        for turn in range(rounds + 1):
            for who, side in enumerate(sides):
                numbers = range(turn * posts, (turn + 1) * posts)
                figures = await measured(side, clients, numbers)
                for row, value in zip(ROWS, figures, strict=True):
                    if turn:  # the first one warms up
                        seen[row][who].append(value)
        for side, url in zip(sides, urls, strict=True):
            side.check(url)
    title = f"Bookings over REST, {rounds} rounds of {posts} by {clients} clients, none oversold"
    show(title, ("2 on PostgreSQL", "1 on SQLite"), seen)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=32)
    given = parser.parse_args()
    asyncio.run(run(given.rounds, given.posts, given.clients))


if __name__ == "__main__":
    main()
