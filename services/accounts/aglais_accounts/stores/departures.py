"""Queries on who is on the way out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import DepartureRow
from aglais_hub.database import inserted
from aglais_hub.models.departures import Belonging, Departure, Erased

__all__ = ["STEPS", "DepartureStore"]

STEPS = ("session", "admissions", "spaces", "hub-user", "bookings", "account")
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

    async def note(self, departure: Departure, step: str, found: Sequence[Belonging]) -> None:
        """Note what a step is going to erase, before it does.

        What is noted already stays as it was first seen: a step that is repeated after a kill
        finds less, or nothing.
        """
        row = await self._at(departure, step)
        if row is not None:
            report = _merged(_report(row.report), found)
            await self._update(departure, report=_text(report))

    async def advance(
        self, departure: Departure, step: str, found: Sequence[Belonging], now: datetime
    ) -> Departure | None:
        """Note that a step is done; return the departure then, None if the step was not next.

        It was not where another replica has done it meanwhile. The departure goes with the
        last step. `found` is what this transaction itself erases.
        """
        row = await self._at(departure, step)
        if row is None:
            return None
        report = [
            entry if entry.at else entry.model_copy(update={"at": now})
            for entry in _merged(_report(row.report), found)
        ]
        done = STEPS.index(step) + 1
        if done == len(STEPS):
            await self.session.execute(delete(DepartureRow).where(_same(departure)))
        else:
            await self._update(departure, steps_done=done, report=_text(report))
        update = {"remaining": STEPS[done:], "report": tuple(report)}
        return departure.model_copy(update=update)

    async def _at(self, departure: Departure, step: str) -> DepartureRow | None:
        """Return the row, locked, if the step is the next one."""
        next_one = _same(departure) & (DepartureRow.steps_done == STEPS.index(step))
        query = select(DepartureRow).where(next_one).with_for_update()
        return (await self.session.scalars(query)).one_or_none()

    async def _update(self, departure: Departure, **values: object) -> None:
        await self.session.execute(update(DepartureRow).where(_same(departure)).values(**values))


def _same(departure: Departure) -> ColumnElement[bool]:
    """Address this departure, and not a later one of the same name."""
    return (DepartureRow.name == departure.name) & (
        DepartureRow.requested_at == departure.requested_at
    )


def _merged(report: list[Erased], found: Sequence[Belonging]) -> list[Erased]:
    known = {entry.what for entry in report}
    new = (one for one in found if one.what not in known)
    return [*report, *(Erased(**one.model_dump(), at=None) for one in new)]


def _report(text: str) -> list[Erased]:
    return [Erased.model_validate(entry) for entry in json.loads(text)]


def _text(report: Iterable[Erased]) -> str:
    return json.dumps([entry.model_dump(mode="json") for entry in report])


def _departure(row: DepartureRow) -> Departure:
    return Departure(
        name=row.name,
        reason=row.reason,
        requested_at=row.requested_at,
        remaining=STEPS[row.steps_done :],
        report=tuple(_report(row.report)),
    )
