"""A fight: clients against replicas that are killed and a database that is restarted."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from sqlalchemy import create_engine, make_url, text

from aglais_booking import service
from aglais_hub.client.mock import MockPlatform
from aglais_hub.database.migrations import migrate
from aglais_hub.identity import scope
from aglais_hub.models.accounts import AccountRequest, Level
from tests.booking.harness.checker import Oversold, oversold
from tests.booking.harness.clients import Fighter, Slots, tomorrow
from tests.booking.harness.kept import broken_promises, kept
from tests.booking.harness.logs import ClientLog, Records
from tests.booking.harness.replicas import Replicas
from tests.support.hub import HubDouble
from tests.support.mock_platform import listening

CORES, MEMORY_BYTES, OVERCOMMIT, KEPT_PERCENT = 24, 96 * 2**30, 4, 25
"""The pool: about eight large packages at once. The checker counts it by itself."""

CAPACITY = {
    "millicores": CORES * OVERCOMMIT * 1000 * (100 - KEPT_PERCENT) // 100,
    "memory_bytes": MEMORY_BYTES * (100 - KEPT_PERCENT) // 100,
}
SCOPES = [scope(action, "bookings") for action in ("read", "write")]


@dataclass
class Fight:
    """What is fought, and how hard."""

    database_url: str
    folder: Path
    attempts: int
    kills: int
    restarts: int = 0
    restart: Callable[[], None] | None = None
    clients: int = 32
    replicas: int = 2
    hours: int = 72
    module: tuple[str, ...] = ("aglais_booking",)
    prepare: tuple[str, ...] = ()
    """Statements that spoil the database first, for variants that are to be caught."""
    patience: float = 90


@dataclass
class Outcome:
    """What came of it."""

    attempts: int
    answers: dict[str, int]
    oversold: list[Oversold]
    lost: list[str]
    doubled: list[str]
    miscounted: list[str]
    unexpected: list[str]
    kills: int
    restarts: int
    retries: int
    seconds: float
    client_cpu_seconds: float = field(default=0)

    def told(self) -> str:
        """Return it for people."""
        counts = (f"{len(getattr(self, name))} {name}" for name in BAD)
        answers = ", ".join(f"{told}: {count}" for told, count in sorted(self.answers.items()))
        return (
            f"{self.attempts} attempts in {self.seconds:.0f} s, {self.kills} kills, "
            f"{self.restarts} restarts of the database, {self.retries} asked again: "
            f"{', '.join(counts)}. {answers}"
        )


BAD = ("oversold", "lost", "doubled", "miscounted", "unexpected")


async def fought(fight: Fight) -> Outcome:
    """Fight it out."""
    _prepare(fight)
    async with (
        _platform(fight) as (hub, platform_url),
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        replicas = Replicas.of(
            fight.replicas,
            database_url=fight.database_url,
            hub=hub,
            platform_url=platform_url,
            folder=fight.folder,
            module=fight.module,
            settings={
                "AGLAIS_BOOKING_HORIZON_DAYS": "10",
                "AGLAIS_BOOKING_EMBEDDED_CORES": str(CORES),
                "AGLAIS_BOOKING_EMBEDDED_MEMORY_BYTES": str(MEMORY_BYTES),
                "AGLAIS_BOOKING_EMBEDDED_CORE_OVERCOMMIT": str(OVERCOMMIT),
            },
        )
        try:
            await replicas.start()
            return await _Ring(fight, hub, replicas, http).run()
        finally:
            replicas.stop()


def _prepare(fight: Fight) -> None:
    migrate(service.package, fight.database_url)
    given = make_url(fight.database_url)
    is_sqlite = given.get_backend_name() == "sqlite"
    engine = create_engine(given.set(drivername="sqlite" if is_sqlite else "postgresql+psycopg"))
    generous = "UPDATE fair_uses SET booking_count = 1000000, window_booked_seconds = NULL"
    with engine.begin() as connection:
        for statement in (generous, *fight.prepare):
            connection.execute(text(statement))
    engine.dispose()


@asynccontextmanager
async def _platform(fight: Fight) -> AsyncIterator[tuple[HubDouble, str]]:
    """The Hub's double, and the accounts of all clients."""
    hub = HubDouble()
    serving = hub.start()
    platform = MockPlatform()
    for number in range(fight.clients):
        await platform.clients.accounts.create_account(
            AccountRequest(name=name_of(number), level=Level(2))
        )
    platform.actors["booking-token"] = platform.actors[platform.clients.token]
    accounts, url = listening(platform)
    yield hub, url
    for server in (serving, accounts):
        server.stop()
        await server.close_all_connections()


def name_of(number: int) -> str:
    return f"fighter{number:02}"


class _Ring:
    """Where it takes place."""

    def __init__(
        self, fight: Fight, hub: HubDouble, replicas: Replicas, http: aiohttp.ClientSession
    ) -> None:
        self.fight, self.replicas = fight, replicas
        self.logs = fight.folder / "clients"
        self.logs.mkdir()
        self.records = Records(self.logs)
        slots = Slots(tomorrow(), fight.hours)
        self.fighters = [
            Fighter(
                name_of(number),
                hub.token(name_of(number), *(f"{one}!user={name_of(number)}" for one in SCOPES)),
                replicas,
                slots,
                ClientLog(self.logs / f"{name_of(number)}.log"),
                http,
                patience=fight.patience,
            )
            for number in range(fight.clients)
        ]
        self.lost: list[str] = []
        self.doubled: list[str] = []

    async def run(self) -> Outcome:
        began, cpu = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
        times = self.fight.attempts // len(self.fighters)
        trouble = asyncio.create_task(self._trouble())
        try:
            async with asyncio.TaskGroup() as fighting:
                for fighter in self.fighters:
                    fighting.create_task(fighter.fight(times))
        except BaseException:
            trouble.cancel()
            raise
        seconds = time.monotonic() - began
        kills, restarts = await trouble
        await self._compare()
        self.records.read()
        found = await asyncio.to_thread(kept, self.fight.database_url)
        return Outcome(
            attempts=self.records.attempts,
            answers=self.records.answers,
            oversold=oversold(self.records.claims(OVERCOMMIT), CAPACITY),
            lost=self.lost,
            doubled=self.doubled,
            miscounted=found.miscounted,
            unexpected=[line for one in self.fighters for line in one.unexpected],
            kills=kills,
            restarts=restarts,
            retries=sum(one.tries for one in self.fighters),
            seconds=seconds,
            client_cpu_seconds=resource.getrusage(resource.RUSAGE_SELF).ru_utime - cpu,
        )

    async def _trouble(self) -> tuple[int, int]:
        """Kill and restart, evenly over all attempts; compare after each kill."""
        kills = restarts = 0
        chance = self.replicas.chance
        while kills + restarts < self.fight.kills + self.fight.restarts:
            due = (kills + restarts + 1) / (self.fight.kills + self.fight.restarts + 1)
            if not await self._reached(due * self.fight.attempts):
                break
            if restarts < self.fight.restarts and restarts * self.fight.kills <= kills * (
                self.fight.restarts
            ):
                assert self.fight.restart is not None
                await asyncio.to_thread(self.fight.restart)
                restarts += 1
                continue
            replica = chance.choice(self.replicas.all)
            replica.kill()
            kills += 1
            await self._compare()
            replica.start()
            await replica.answers()
        return kills, restarts

    async def _reached(self, attempts: float) -> bool:
        """Wait until so many were made; tell whether the fight still goes on."""
        while True:
            self.records.read()
            if self.records.attempts >= attempts:
                return True
            await asyncio.sleep(0.02)

    async def _compare(self) -> None:
        """Compare what was acknowledged, and not changed meanwhile, with what is kept."""
        self.records.read()
        before = {
            name: (len(one.versions), one.is_pending)
            for name, one in self.records.histories.items()
        }
        found = await asyncio.to_thread(kept, self.fight.database_url)
        self.records.read()
        still = [
            one
            for name, one in self.records.histories.items()
            if before.get(name) == (len(one.versions), one.is_pending)
        ]
        lost, doubled = broken_promises(still, found, OVERCOMMIT)
        self.lost += lost
        self.doubled += doubled
