"""Queries on limits that were set for single accounts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import OverrideRow

__all__ = ["OverrideStore"]

AT_ONCE = 500
"""Accounts that one query names; databases take so many values, and a bit more."""


class OverrideStore:
    """Overrides, by account and name of the limit."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def of(self, account: str) -> dict[str, Any]:
        """Return what is set for an account."""
        return (await self.of_all([account])).get(account, {})

    async def of_all(self, accounts: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return what is set for some accounts, by account; who has none is left out."""
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(accounts), AT_ONCE):
            some = OverrideRow.account.in_(accounts[start : start + AT_ONCE])
            for row in await self.session.scalars(select(OverrideRow).where(some)):
                found.setdefault(row.account, {})[row.field] = json.loads(row.value)
        return found

    async def put(self, account: str, field: str, value: Any) -> None:
        """Set a limit for an account."""
        row = OverrideRow(account=account, field=field, value=json.dumps(value))
        await self.session.merge(row)
        await self.session.flush()

    async def remove(self, account: str, field: str) -> None:
        """Let a limit of an account be as its level gives it."""
        this = (OverrideRow.account == account) & (OverrideRow.field == field)
        await self.session.execute(delete(OverrideRow).where(this))
