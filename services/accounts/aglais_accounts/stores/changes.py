"""Queries on what was changed about accounts."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import ChangeRow
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Change

__all__ = ["ChangeStore"]


class ChangeStore:
    """Changes, newest first; they go with their account."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def add(
        self, account: str, by: str, field: str, old: str | None, new: str | None, why: str | None
    ) -> None:
        """Keep that something was changed, in the transaction that changes it.

        Parameters
        ----------
        account
            Whose.
        by
            Who did it: name of an account or a service.
        field
            What, in at most 40 characters: a field of a model, or a word such as ``password``.
        old, new
            As text, never a secret; None: not set.
        why
            Reason, in at most 200 characters.
        """
        values = {"account": account, "by": by, "field": field, "old": old, "new": new}
        await self.session.execute(insert(ChangeRow).values(at=utcnow(), why=why, **values))

    async def page(self, account: str, offset: int, limit: int) -> tuple[list[Change], int]:
        """Return a part of an account's changes, and how many there are."""
        mine = ChangeRow.account == account
        count = select(func.count()).select_from(ChangeRow).where(mine)
        total = int((await self.session.execute(count)).scalar_one())
        part = select(ChangeRow).where(mine).order_by(ChangeRow.id.desc())
        rows = (await self.session.scalars(part.offset(offset).limit(limit))).all()
        return [_change(row) for row in rows], total

    async def latest(self, account: str, fields: Collection[str]) -> dict[str, Change]:
        """Return the last change of each of some fields of an account, by field."""
        mine = (ChangeRow.account == account) & ChangeRow.field.in_(fields)
        last = select(func.max(ChangeRow.id)).where(mine).group_by(ChangeRow.field)
        rows = await self.session.scalars(select(ChangeRow).where(ChangeRow.id.in_(last)))
        return {row.field: _change(row) for row in rows}


def _change(row: ChangeRow) -> Change:
    return Change.model_validate({name: getattr(row, name) for name in Change.model_fields})
