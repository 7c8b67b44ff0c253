"""Queries of the storage service; they return models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_hub.models.storage import (
    Space,
    SpaceEdit,
    SpaceKind,
    SpaceRequest,
    SpaceState,
    SpaceUsage,
)
from aglais_storage.schema import OwnerRow, RootRow, SpaceRow

__all__ = ["OwnerStore", "RootStore", "SpaceRecord", "SpaceStore"]


@dataclass(frozen=True)
class SpaceRecord:
    """A space as it was last seen, and what only this service needs to know of it."""

    space: Space
    backend: str
    is_settled: bool
    changed_at: datetime


class SpaceStore:
    """Spaces."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def add(
        self, identifier: str, request: SpaceRequest, owner_uid: int, backend: str, now: datetime
    ) -> None:
        """Keep a new space, which is still to be made."""
        row = SpaceRow(
            **request.model_dump(),
            id=identifier,
            owner_uid=owner_uid,
            backend=backend,
            state=SpaceState.PREPARING,
            is_settled=False,
            created_at=now,
            changed_at=now,
        )
        self.session.add(row)
        await self.session.flush()

    async def get(self, identifier: str) -> SpaceRecord | None:
        """Return a space."""
        found = await self._select(SpaceRow.id == identifier)
        return found[0] if found else None

    async def find(self, account: str, kind: SpaceKind) -> SpaceRecord | None:
        """Return the space of an account for an end."""
        found = await self._select((SpaceRow.account == account) & (SpaceRow.kind == kind))
        return found[0] if found else None

    async def page(
        self, offset: int, limit: int, account: str | None
    ) -> tuple[list[SpaceRecord], int]:
        """Return a part of all spaces, or of those of an account; and how many there are."""
        seen = true() if account is None else SpaceRow.account == account
        count = select(func.count()).select_from(SpaceRow).where(seen)
        total = (await self.session.execute(count)).scalar_one()
        return await self._select(seen, offset, limit), total

    async def all(self) -> list[SpaceRecord]:
        """Return all."""
        return await self._select(true())

    async def ids(self) -> set[str]:
        """Return the ids of all."""
        return set((await self.session.scalars(select(SpaceRow.id))).all())

    async def want(self, identifier: str, edit: SpaceEdit, now: datetime) -> None:
        """Say which quota is wanted; it is still to be put in force."""
        await self._update(identifier, **edit.model_dump(), is_settled=False, changed_at=now)

    async def mark_settled(self, identifier: str, plan: SpaceEdit, now: datetime) -> bool:
        """Say that a space is as it was wanted; tell whether it is new with that."""
        preparing = SpaceRow.state == SpaceState.PREPARING
        made = await self._update(
            identifier, preparing, state=SpaceState.READY, is_settled=True, changed_at=now
        )
        if not made:
            as_planned = (SpaceRow.quota_bytes == plan.quota_bytes) & (
                SpaceRow.quota_files == plan.quota_files
            )
            await self._update(identifier, as_planned, is_settled=True)
        return made

    async def mark_erasing(self, identifier: str, now: datetime) -> None:
        """Say that a space is to go."""
        not_yet = SpaceRow.state != SpaceState.ERASING
        await self._update(identifier, not_yet, state=SpaceState.ERASING, changed_at=now)

    async def note_usage(self, identifier: str, usage: SpaceUsage) -> None:
        """Note what was found in a space."""
        await self._update(identifier, used_bytes=usage.bytes, used_files=usage.files)

    async def remove(self, identifier: str) -> bool:
        """Forget a space; tell whether it was known."""
        gone = await self.session.execute(delete(SpaceRow).where(SpaceRow.id == identifier))
        return bool(gone.rowcount)  # type: ignore[attr-defined]

    async def _update(
        self, identifier: str, where: ColumnElement[bool] | None = None, **values: Any
    ) -> bool:
        wanted = true() if where is None else where
        change = update(SpaceRow).where(SpaceRow.id == identifier, wanted).values(**values)
        return bool((await self.session.execute(change)).rowcount)  # type: ignore[attr-defined]

    async def _select(
        self, where: ColumnElement[bool], offset: int = 0, limit: int | None = None
    ) -> list[SpaceRecord]:
        query = select(SpaceRow).where(where).order_by(SpaceRow.account, SpaceRow.kind)
        rows: Sequence[SpaceRow] = (
            await self.session.scalars(query.offset(offset).limit(limit))
        ).all()
        return [_record(row) for row in rows]


class OwnerStore:
    """Numbers of accounts that have spaces."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def number(self, account: str) -> int:
        """Return an account's number, a new one if it has none; numbers begin at 1."""
        query = select(OwnerRow.number).where(OwnerRow.account == account).with_for_update()
        known = (await self.session.execute(query)).scalar_one_or_none()
        if known is not None:
            return known
        added = insert(OwnerRow).values(account=account).returning(OwnerRow.number)
        return (await self.session.execute(added)).scalar_one()

    async def forget_idle(self, account: str) -> None:
        """Take the number of an account that has no space any more."""
        await self.session.execute(
            select(OwnerRow.number).where(OwnerRow.account == account).with_for_update()
        )
        idle = ~exists().where(SpaceRow.account == account)
        await self.session.execute(delete(OwnerRow).where(OwnerRow.account == account, idle))


class RootStore:
    """The mark of the root directory."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def mark(self, fresh: str) -> str:
        """Return the mark that this database knows, `fresh` from now on if it knows none."""
        known = (await self.session.scalars(select(RootRow.mark))).one_or_none()
        if known is None:
            await self.session.execute(insert(RootRow).values(id=1, mark=fresh))
        return known or fresh


def _record(row: SpaceRow) -> SpaceRecord:
    usage = (
        SpaceUsage(bytes=row.used_bytes, files=row.used_files or 0)
        if row.used_bytes is not None
        else None
    )
    space = Space(
        id=row.id,
        account=row.account,
        kind=SpaceKind(row.kind),
        state=SpaceState(row.state),
        quota_bytes=row.quota_bytes,
        quota_files=row.quota_files,
        owner_uid=row.owner_uid,
        path=None,
        enforcement="",
        created_at=row.created_at,
        usage=usage,
    )
    return SpaceRecord(space, row.backend, row.is_settled, row.changed_at)
