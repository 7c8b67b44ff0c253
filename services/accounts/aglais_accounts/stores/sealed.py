"""Queries on all that is kept encrypted, whatever it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import MailRow, SshKeyRow

__all__ = ["SEALED", "Sealed", "SealedStore"]

SEALED: dict[str, tuple[Any, Any]] = {
    "private SSH keys": (SshKeyRow.id, SshKeyRow.private),
    "mails": (MailRow.id, MailRow.text),
}
"""What people call it, and the columns of identifier and value."""

BATCH = 200


@dataclass(frozen=True)
class Sealed:
    """An encrypted value, and where it is."""

    what: str
    id: Any
    value: bytes


class SealedStore:
    """Encrypted values."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def all(self) -> AsyncIterator[Sealed]:
        """Yield all of them, a batch at a time."""
        for what, (identifier, value) in SEALED.items():
            after = None
            while batch := await self._batch(identifier, value, after):
                for row in batch:
                    yield Sealed(what, *row)
                after = batch[-1][0]

    async def _batch(self, identifier: Any, value: Any, after: Any) -> list[tuple[Any, bytes]]:
        query = select(identifier, value).where(value.is_not(None)).order_by(identifier)
        if after is not None:
            query = query.where(identifier > after)
        return [tuple(row) for row in await self.session.execute(query.limit(BATCH))]

    async def replace(self, sealed: Sealed, value: bytes) -> None:
        """Keep another value, unless it was changed or removed meanwhile."""
        identifier, column = SEALED[sealed.what]
        same = (identifier == sealed.id) & (column == sealed.value)
        change = update(identifier.class_).where(same).values({column.key: value})
        await self.session.execute(change)
