"""Queries on who is on the way out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import DepartureRow
from aglais_hub.database import inserted
from aglais_hub.models.accounts import Departure

__all__ = ["STEPS", "DepartureStore"]

STEPS = ("session", "admissions", "spaces", "hub-user", "account")
"""What is done when somebody leaves, in this order."""


class DepartureStore:
    """Who is on the way out."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, name: str) -> Departure | None:
        """Return a departure."""
        row = await self.session.get(DepartureRow, name)
        return _departure(row) if row else None

    async def all(self) -> list[Departure]:
        """Return all, first one first."""
        query = select(DepartureRow).order_by(DepartureRow.requested_at)
        return [_departure(row) for row in (await self.session.scalars(query)).all()]

    async def add(self, name: str, reason: str, at: datetime) -> bool:
        """Begin one; tell whether there was none yet."""
        values = {"name": name, "reason": reason, "requested_at": at, "steps_done": 0}
        return await inserted(self.session, DepartureRow, values)

    async def advance(self, departure: Departure, step: str) -> bool:
        """Note that a step is done, the departure goes with the last; tell whether it was next.

        It was not where another replica has done it meanwhile.
        """
        number = STEPS.index(step)
        same = (DepartureRow.name == departure.name) & (
            DepartureRow.requested_at == departure.requested_at
        )
        next_one = same & (DepartureRow.steps_done == number)
        is_last = step == STEPS[-1]
        change = (
            delete(DepartureRow).where(next_one)
            if is_last
            else update(DepartureRow).where(next_one).values(steps_done=number + 1)
        )
        return bool((await self.session.execute(change)).rowcount)  # type: ignore[attr-defined]


def _departure(row: DepartureRow) -> Departure:
    return Departure(
        name=row.name,
        reason=row.reason,
        requested_at=row.requested_at,
        remaining=STEPS[row.steps_done :],
    )
