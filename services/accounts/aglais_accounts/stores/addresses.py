"""Queries on accounts that move to another e-mail address."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import AddressChangeRow
from aglais_hub.models.identities import AddressChange

__all__ = ["AddressChangeStore"]


class AddressChangeStore:
    """Changes of address that are under way; one for each account."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, account: str, now: datetime) -> AddressChange | None:
        """Return that of an account, if its time is not over."""
        row = await self.session.get(AddressChangeRow, account)
        return _change(row) if row is not None and row.expires_at > now else None

    async def put(self, change: AddressChange) -> None:
        """Keep one as it is now, instead of the account's earlier one."""
        await self.session.merge(AddressChangeRow(**change.model_dump()))
        await self.session.flush()

    async def remove(self, account: str) -> None:
        """Forget that of an account."""
        mine = AddressChangeRow.account == account
        await self.session.execute(delete(AddressChangeRow).where(mine))

    async def forget_expired(self, now: datetime) -> None:
        """Forget those whose time is over."""
        over = AddressChangeRow.expires_at <= now
        await self.session.execute(delete(AddressChangeRow).where(over))


def _change(row: AddressChangeRow) -> AddressChange:
    return AddressChange.model_validate(
        {name: getattr(row, name) for name in AddressChange.model_fields}
    )
