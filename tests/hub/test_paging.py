"""Long lists by places: each thing once, whatever comes and goes meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import String, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from aglais_hub.database import Database, Keyset, UtcDateTime
from aglais_hub.errors import InvalidRequest
from aglais_hub.paging import Window, place

BEGIN = datetime(2030, 1, 1, tzinfo=UTC)


class Base(DeclarativeBase):
    """Tables of this test."""


class Row(Base):
    """A thing of a long list."""

    __tablename__ = "things"

    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


LATEST: Keyset[Row] = Keyset(Row.at, Row.id)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Ten things, by twos of the same time."""
    database = Database(database_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with database.transaction() as session:
        await session.execute(insert(Row), [thing(number) for number in range(10)])
    yield database
    await database.close()


def thing(number: int) -> dict[str, object]:
    return {"id": f"t{number:02}", "at": BEGIN + timedelta(microseconds=number // 2)}


async def some(session: AsyncSession, window: Window) -> tuple[list[str], str | None]:
    rows, following = await LATEST.rows(session, select(Row), window)
    return [row.id for row in rows], following


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 9, 10, 11])
async def test_all_parts_together_are_the_list_the_latest_first(
    database: Database, limit: int
) -> None:
    seen: list[str] = []
    after: str | None = None
    async with database.reading() as session:
        while True:
            part, after = await some(session, Window(limit, after))
            seen += part
            assert len(part) == limit or after is None
            if after is None:
                break
    assert seen == [f"t{number:02}" for number in reversed(range(10))]


async def test_what_comes_and_goes_meanwhile_moves_nothing_else(database: Database) -> None:
    async with database.transaction() as session:
        first, after = await some(session, Window(3))
        # The one that named the place goes, and a later one comes.
        await session.execute(delete(Row).where(Row.id == first[-1]))
        await session.execute(insert(Row).values(**thing(40)))
        second, _ = await some(session, Window(3, after))
    assert (first, second) == (["t09", "t08", "t07"], ["t06", "t05", "t04"])


@pytest.mark.parametrize(
    "after",
    ["", "x", "%", "é", "A" * 600, "[" * 400, place([]), place(["2030-01-01T00:00:00+00:00"]),
     place(["2030-01-01", "a"]), place(["never", "a"]), place([1, 2]),
     place(["2030-01-01T00:00:00+00:00", "\0"]), place(["2030-01-01T00:00:00+00:00", 10**30])],
)  # fmt: skip
async def test_what_is_no_place_is_refused(database: Database, after: str) -> None:
    async with database.reading() as session:
        with pytest.raises(InvalidRequest, match="no place"):
            await LATEST.rows(session, select(Row), Window(3, after))
