"""The booking service in a process of its own, with as many bookings as one likes.

    python -m benchmarks.availability_service DATABASE_URL BOOKINGS

It prints its address and a token, and serves until its input is closed.
"""

from __future__ import annotations

import asyncio
import http.client
import logging
import random
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking import service
from aglais_booking.amounts import cost_of, first_hour
from aglais_booking.managers import Managers
from aglais_booking.rules.skyline import occupied
from aglais_booking.schema import KINDS, BookingRow, HoldRow, HourRow, SpanRow
from aglais_booking.stores.columns import limit_columns
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Sharing
from tests.support.hub import HubDouble
from tests.support.services import running

__all__ = ["ServiceUnderTest", "service_with"]

MACHINE = {"embedded_cores": 2.0**20, "embedded_memory_bytes": 2**53}
"""So large that all of them fit: how many there are is what is measured."""

PATH = (
    "/services/booking/api/availability?from={}&to={}&by=day&package=tiny,small,medium,large,custom"
)
DAYS = 31
OWN = 20
"""Future bookings of who asks, as many as fair use lets a level have; and past ones."""

AT_ONCE = 1000
"""Rows written at once."""


class ServiceUnderTest:
    """A connection that stays open, as a proxy's or a script's does."""

    def __init__(self, url: str, token: str) -> None:
        address = urlsplit(url)
        self.connection = http.client.HTTPConnection(address.hostname or "", address.port)
        today = utcnow().date() + timedelta(days=30)
        self.path = PATH.format(today, today + timedelta(days=DAYS - 1))
        self.headers = {"Authorization": f"token {token}"}

    async def ask(self) -> bytes:
        """Ask for five packages by 31 days; nobody else has to do anything meanwhile."""
        self.connection.request("GET", self.path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        assert body.count(b'"count"') == 5 * DAYS, body
        return body


@asynccontextmanager
async def service_with(url: str, bookings: int) -> AsyncIterator[ServiceUnderTest]:
    """Run the service on a database of its own until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.availability_service", url, str(bookings),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    told = (await process.stdout.readline()).decode().split()
    try:
        yield ServiceUnderTest(told[0], told[1])
    finally:
        process.stdin.close()
        await process.wait()


async def serve(url: str, bookings: int) -> None:
    """Serve until the input is closed."""
    logging.disable(logging.WARNING)
    hub = HubDouble()
    server = hub.start()
    async with running(service, url, hub, **MACHINE) as at_work:
        await fill(at_work.process.manager, bookings)
        token = hub.token("alice", scope("read", "packages"))
        sys.stdout.write(f"{at_work.url} {token}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
    server.stop()


async def fill(managers: Managers, count: int) -> None:
    """Put as many bookings into the past as into the future, some of them alice's."""
    await managers.pools.ensure()
    pool = (await managers.pools.all())[0]
    packages = await managers.packages.all()
    costs = [cost_of(one.limits.total, Sharing.MANAGED, pool) for one in packages]
    now, dice = utcnow().replace(minute=0, second=0, microsecond=0), random.Random(1)
    rows: list[dict[str, Any]] = []
    spans: list[dict[str, Any]] = []
    holds: list[dict[str, Any]] = []
    for number in range(2 * count):
        at, kind = dice.randrange(24 * 380), dice.randrange(len(packages))
        is_past, hours = number % 2 == 0, 24 * dice.randint(1, 14)
        start = now + timedelta(hours=-at - hours - 1 if is_past else at)
        times = {"starts_at": start, "ends_at": start + timedelta(hours=hours)}
        state = "ended" if is_past else "booked"
        rows.append(_booking(number, packages[kind], state, times, now))
        spans.append({"id": f"s{number}", "booking": f"b{number}", "state": state} | times)
        if not is_past:
            first = first_hour(start)
            hold = {"span": f"s{number}", "pool": pool.name, "first_hour": first}
            end = {"end_hour": first + min(hours, 24 * 398 - at)}
            holds.append(hold | end | vars(costs[kind]))
    async with managers.writing() as stores:
        await _without_triggers(stores.session)
        for table, values in ((BookingRow, rows), (SpanRow, spans), (HoldRow, holds)):
            for part in _parts(values):
                await stores.session.execute(insert(table), part)
        await _count(stores.session, pool.name, holds)
        await _gather_statistics(stores.session)


def _booking(
    number: int, package: Any, state: str, times: dict[str, datetime], now: datetime
) -> dict[str, Any]:
    return {
        "id": f"b{number}", "account": "alice" if number < 2 * OWN else f"user-{number % 997}",
        "name": "Work", "package": package.name, "sharing": "managed", "environment": None,
        "pool": "embedded", "site": None, "hardware": "", "zone": "UTC", "state": state,
        "recurrence": None, "created_at": now, "sequence": 0,
        **times, **limit_columns(package.limits),
    }  # fmt: skip


def _parts(values: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]


async def _without_triggers(session: AsyncSession) -> None:
    """Let nothing count: that takes minutes here, and is not what is measured."""
    on = "" if session.get_bind().dialect.name == "sqlite" else " ON holds"
    await session.execute(text(f"DROP TRIGGER holds_taken{on}"))


async def _count(session: AsyncSession, pool: str, holds: Iterable[dict[str, Any]]) -> None:
    """Count as the triggers would have."""
    made = np.array([[one[k] for k in ("first_hour", "end_hour", *KINDS)] for one in holds])
    hours = range(int(made[:, 0].min()), int(made[:, 1].max()))
    taken = occupied(made[:, 0], made[:, 1], made[:, 2:], hours)
    for hour, amounts in zip(hours, taken.tolist(), strict=True):
        values = {f"reserved_{kind}": one for kind, one in zip(KINDS, amounts, strict=True)}
        where = (HourRow.pool == pool) & (HourRow.hour == hour)
        await session.execute(update(HourRow).where(where).values(values))


async def _gather_statistics(session: AsyncSession) -> None:
    await session.execute(text("ANALYZE"))


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
