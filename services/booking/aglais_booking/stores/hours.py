"""Queries on the ledger: the hours of pools, and what is held of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, case, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.amounts import Amount, Stretch
from aglais_booking.schema import KINDS, HoldRow, HourRow
from aglais_hub.database import inserted

__all__ = ["HourStore", "Wanted"]

COLUMNS = ", ".join(f"bookable_{kind}" for kind in KINDS)
VALUES = ", ".join(f"CAST(:{kind} AS BIGINT)" for kind in KINDS)
FILL = text(f"""
    INSERT INTO hours (pool, hour, {COLUMNS})
    WITH RECURSIVE numbers(hour) AS (
        SELECT CAST(:first AS INTEGER)
        UNION ALL SELECT hour + 1 FROM numbers WHERE hour + 1 < :end
    )
    SELECT CAST(:pool AS VARCHAR(32)), hour, {VALUES} FROM numbers WHERE true
    ON CONFLICT DO NOTHING
""")  # noqa: S608 (constants)

FITS = " AND ".join(
    f"bookable_{kind} + excess_{kind} - reserved_{kind} >= CAST(:{kind} AS BIGINT)"
    for kind in KINDS
)
FITTING = f"""
    SELECT count(*) FROM wanted JOIN hours ON hours.pool = CAST(:pool AS VARCHAR(32))
    AND hours.hour >= wanted.first_hour AND hours.hour < wanted.end_hour
    WHERE {FITS}
"""  # noqa: S608 (constants)
WANTED = "(CAST(:span{0} AS VARCHAR(32)), CAST(:first{0} AS INTEGER), CAST(:end{0} AS INTEGER))"

FREE = [
    getattr(HourRow, f"bookable_{kind}")
    + getattr(HourRow, f"excess_{kind}")
    - getattr(HourRow, f"reserved_{kind}")
    for kind in KINDS
]


TAKE = f"""
    INSERT INTO holds (span, pool, first_hour, end_hour, {", ".join(KINDS)})
    WITH {{}} SELECT span, CAST(:pool AS VARCHAR(32)), first_hour, end_hour, {VALUES} FROM wanted
    WHERE ({FITTING}) = CAST(:asked AS BIGINT)
"""  # noqa: S608 (constants)

Wanted = tuple[str, int, int]
"""A span, the first hour that it touches, and the first that it touches no more."""


class HourStore:
    """Hours of pools. A hold that does not fit is refused by the database itself.

    Whoever takes or drops holds has locked the pool before: that is for the order in which
    rows are locked, not for what is counted.
    """

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def known(self, pool: str) -> tuple[int, int] | None:
        """Return the first hour and the end of those that a pool has."""
        query = select(func.min(HourRow.hour), func.max(HourRow.hour)).where(HourRow.pool == pool)
        first, last = (await self.session.execute(query)).one()
        return None if first is None else (first, last + 1)

    async def fill(self, pool: str, stretches: Iterable[Stretch]) -> None:
        """Make hours that are not there yet."""
        for stretch in stretches:
            hours = {"first": stretch.first_hour, "end": stretch.end_hour}
            await self.session.execute(FILL, {"pool": pool, **hours, **vars(stretch.amount)})

    async def set_bookable(self, pool: str, stretch: Stretch) -> None:
        """Say what can be booked; what is booked already stays, as an excess where need be."""
        values: dict[str, Any] = {}
        others = []
        for kind, bookable in vars(stretch.amount).items():
            reserved = getattr(HourRow, f"reserved_{kind}")
            others.append(getattr(HourRow, f"bookable_{kind}") != bookable)
            over = reserved - bookable
            values[f"bookable_{kind}"] = bookable
            values[f"excess_{kind}"] = case((over > 0, over), else_=0)
        await self.session.execute(
            update(HourRow)
            .where(_within(pool, stretch.first_hour, stretch.end_hour), or_(*others))
            .values(values)
        )

    async def take(self, span: str, pool: str, first: int, end: int, amount: Amount) -> bool:
        """Hold an amount for some hours; tell whether it was there in each of them."""
        hours = {"first_hour": first, "end_hour": end}
        return await inserted(
            self.session, HoldRow, {"span": span, "pool": pool, **hours, **vars(amount)}
        )

    async def has_room(self, pool: str, wanted: Sequence[Wanted], amount: Amount) -> bool:
        """Tell whether an amount is free in all hours of all spans; nothing is held."""
        query = _room_query(len(wanted))
        found = await self.session.execute(query, _values(pool, wanted, amount))
        return bool(found.scalar_one() == _hours(wanted))

    async def take_all(self, pool: str, wanted: Sequence[Wanted], amount: Amount) -> bool:
        """Hold an amount for several spans, or for none of them; tell whether there was room."""
        if _hours(wanted) != len({hour for _, first, end in wanted for hour in range(first, end)}):
            # Two of them touch the same hour, and count in it twice.
            for span, first, end in wanted:
                if not await self.take(span, pool, first, end, amount):
                    await self.drop([one for one, _, _ in wanted])
                    return False
            return True
        values = _values(pool, wanted, amount) | {"asked": _hours(wanted)}
        done = await self.session.execute(_take_query(len(wanted)), values)
        return bool(done.rowcount)  # type: ignore[attr-defined]

    async def keep_excess(self, pool: str, first: int, end: int, amount: Amount) -> None:
        """Leave room for an amount that was dropped in this transaction, where there is none.

        A pool that has shrunk gives nothing; but what was held there before may be held again.
        """
        values: dict[str, Any] = {}
        for kind, needed in vars(amount).items():
            excess = getattr(HourRow, f"excess_{kind}")
            over = (
                getattr(HourRow, f"reserved_{kind}") + needed - getattr(HourRow, f"bookable_{kind}")
            )
            values[f"excess_{kind}"] = case((over > excess, over), else_=excess)
        await self.session.execute(update(HourRow).where(_within(pool, first, end)).values(values))

    async def drop(self, spans: Sequence[str]) -> None:
        """Hold nothing for these spans any more."""
        await self.session.execute(delete(HoldRow).where(HoldRow.span.in_(spans)))

    async def free(self, pool: str, first: int, end: int) -> list[tuple[int, int, int, int, int]]:
        """Return each hour, and what of it can still be booked: cores, memory, disk, GPUs."""
        query = select(HourRow.hour, *FREE).where(_within(pool, first, end)).order_by(HourRow.hour)
        return [tuple(row) for row in await self.session.execute(query)]

    async def forget(self, before: int) -> None:
        """Forget hours that are over, and holds that end with them."""
        # Holds first: their triggers count in the hours.
        await self.session.execute(delete(HoldRow).where(HoldRow.end_hour <= before))
        await self.session.execute(delete(HourRow).where(HourRow.hour < before))

    async def forget_pool(self, pool: str) -> None:
        """Forget all hours of a pool in which nothing is held."""
        await self.session.execute(delete(HourRow).where(HourRow.pool == pool))


@lru_cache
def _room_query(count: int) -> TextClause:
    return text(f"WITH {_wanted(count)} {FITTING}")


@lru_cache
def _take_query(count: int) -> TextClause:
    return text(TAKE.format(_wanted(count)))


def _wanted(count: int) -> str:
    rows = ", ".join(WANTED.format(number) for number in range(count))
    return f"wanted(span, first_hour, end_hour) AS (VALUES {rows})"


def _values(pool: str, wanted: Sequence[Wanted], amount: Amount) -> dict[str, Any]:
    values: dict[str, Any] = {"pool": pool} | vars(amount)
    for number, (span, first, end) in enumerate(wanted):
        values |= {f"span{number}": span, f"first{number}": first, f"end{number}": end}
    return values


def _hours(wanted: Sequence[Wanted]) -> int:
    return sum(end - first for _, first, end in wanted)


def _within(pool: str, first: int, end: int) -> Any:
    return (HourRow.pool == pool) & (HourRow.hour >= first) & (HourRow.hour < end)
