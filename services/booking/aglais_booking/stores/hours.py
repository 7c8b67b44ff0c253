"""Queries on the ledger: the hours of pools, and what is held of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import case, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.amounts import Amount, Stretch
from aglais_booking.schema import KINDS, HoldRow, HourRow
from aglais_hub.database import inserted

__all__ = ["HourStore"]

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

FREE = [
    getattr(HourRow, f"bookable_{kind}")
    + getattr(HourRow, f"excess_{kind}")
    - getattr(HourRow, f"reserved_{kind}")
    for kind in KINDS
]


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


def _within(pool: str, first: int, end: int) -> Any:
    return (HourRow.pool == pool) & (HourRow.hour >= first) & (HourRow.hour < end)
