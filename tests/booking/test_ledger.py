"""The ledger: what is held can never be more than what can be booked, whoever writes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from aglais_booking import service
from aglais_booking.amounts import Amount, Stretch
from aglais_booking.stores.hours import HourStore
from aglais_hub.database import Database
from tests.support.services import prepare_database

POOL = {"name": "p", "cores": 1, "memory_bytes": 1, "core_overcommit": 1}
MANY = Amount(4000, 100, 100, 1)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool of 24 hours with four cores; and spans a to e, of a booking."""
    prepare_database(service.package, database_url)
    database = Database(database_url)
    async with database.transaction() as session:
        await session.execute(
            text("INSERT INTO pools (name, cores, memory_bytes, core_overcommit) "
                 "VALUES (:name, :cores, :memory_bytes, :core_overcommit)"),
            POOL,
        )  # fmt: skip
        await session.execute(
            text(
                "INSERT INTO bookings (id, account, name, package, sharing, pool, hardware, zone, "
                "state, starts_at, ends_at, created_at, sequence, frontend_cores, "
                "frontend_memory_bytes, worker_count, worker_cores, worker_memory_bytes, "
                "disk_bytes) VALUES ('b', 'alice', 'x', 'small', 'managed', 'p', '', 'UTC', "
                "'booked', '2030-01-01', '2030-01-02', '2030-01-01', 0, 1, 1, 1, 1, 1, 1)"
            )
        )
        for span in "abcde":
            await session.execute(
                text(
                    "INSERT INTO spans (id, booking, starts_at, ends_at, state) "
                    "VALUES (:id, 'b', '2030-01-01', '2030-01-02', 'booked')"
                ),
                {"id": span},
            )
        await HourStore(session).fill("p", [Stretch(0, 24, MANY)])
    yield database
    await database.close()


async def take(database: Database, span: str, first: int, end: int, cores: int) -> bool:
    async with database.transaction() as session:
        return await HourStore(session).take(span, "p", first, end, Amount(millicores=cores))


async def run(database: Database, statements: list[str]) -> None:
    async with database.transaction() as session:
        for statement in statements:
            await session.execute(text(statement))


async def free(database: Database) -> list[int]:
    async with database.reading() as session:
        return [row[1] for row in await HourStore(session).free("p", 0, 24)]


async def test_what_fits_is_counted_in_each_hour(database: Database) -> None:
    assert await take(database, "a", 2, 4, 3000)
    assert await free(database) == [4000, 4000, 1000, 1000] + [4000] * 20


async def test_what_is_too_much_in_one_hour_is_not_counted_at_all(database: Database) -> None:
    await take(database, "a", 2, 4, 3000)
    assert not await take(database, "b", 0, 24, 1001)
    assert await take(database, "c", 0, 24, 1000)
    assert (await free(database))[:4] == [3000, 3000, 0, 0]


@pytest.mark.parametrize("hours", [(20, 25), (-1, 3), (5, 5), (7, 3)])
async def test_hours_that_are_not_open_cannot_be_held(
    database: Database, hours: tuple[int, int]
) -> None:
    assert not await take(database, "a", *hours, 1)


async def test_what_is_dropped_is_free_again(database: Database) -> None:
    await take(database, "a", 2, 4, 3000)
    async with database.transaction() as session:
        await HourStore(session).drop(["a"])
    assert await free(database) == [4000] * 24


async def test_a_pool_that_shrinks_keeps_what_is_held_and_gives_no_more(
    database: Database,
) -> None:
    await take(database, "a", 2, 4, 3000)
    await take(database, "b", 3, 5, 1000)
    async with database.transaction() as session:
        await HourStore(session).set_bookable("p", Stretch(0, 24, Amount(2000, 100, 100, 1)))
    assert (await free(database))[:6] == [2000, 2000, 0, 0, 1000, 2000]
    async with database.transaction() as session:
        await HourStore(session).drop(["a"])
    # What went does not come back above what can be booked now.
    assert (await free(database))[:6] == [2000, 2000, 2000, 1000, 1000, 2000]
    assert not await take(database, "c", 2, 3, 2001)


@pytest.mark.parametrize(
    "wrong",
    [
        "INSERT INTO holds VALUES ('a', 'p', 0, 24, 4001, 0, 0, 0)",
        "INSERT INTO holds VALUES ('a', 'p', 0, 24, 0, 101, 0, 0)",
        "INSERT INTO holds VALUES ('a', 'p', 0, 24, 0, 0, 0, 2)",
        "INSERT INTO holds VALUES ('a', 'p', 0, 999, 1, 1, 1, 0)",
        "UPDATE hours SET reserved_millicores = 4001 WHERE hour = 3",
        "INSERT INTO holds VALUES ('a', 'p', 0, 1, 1, 1, 1, 0); UPDATE holds SET end_hour = 9",
    ],
)
async def test_raw_sql_cannot_oversell(database: Database, wrong: str) -> None:
    with pytest.raises(DBAPIError):
        await run(database, wrong.split(";"))
    assert await free(database) == [4000] * 24
