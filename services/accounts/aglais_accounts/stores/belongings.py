"""Queries on all that this service itself keeps of an account."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import (
    ChangeRow,
    IdentityRow,
    OverrideRow,
    PasswordRow,
    SshGrantRow,
    SshKeyRow,
)
from aglais_hub.models.departures import Belonging

__all__ = ["BelongingStore"]

OWNED: dict[str, Any] = {
    "password": PasswordRow,
    "ways to log in": IdentityRow,
    "SSH keys": SshKeyRow,
    "clusters open to its SSH keys": SshGrantRow,
    "limits of its own": OverrideRow,
    "entries of its history": ChangeRow,
}
"""Tables whose rows go with their account, and what people call the rows."""


class BelongingStore:
    """What an account has here."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def of(self, account: str) -> list[Belonging]:
        """Return what there is, counted; the account itself is not among it."""
        found = [
            Belonging(what=what, count=await self._count(table, account))
            for what, table in OWNED.items()
        ]
        return [one for one in found if one.count]

    async def _count(self, table: Any, account: str) -> int:
        query = select(func.count()).select_from(table).where(table.account == account)
        return int((await self.session.execute(query)).scalar_one())
