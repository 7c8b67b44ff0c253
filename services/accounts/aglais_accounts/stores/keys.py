"""Queries on SSH keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import AccountRow, SshGrantRow, SshKeyRow
from aglais_hub.models.accounts import AccountState, Level
from aglais_hub.models.keys import KeyKind, SshKey

__all__ = ["KeyStore"]


class KeyStore:
    """SSH keys."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def of(self, account: str) -> list[SshKey]:
        """Return those of an account, oldest first."""
        query = select(SshKeyRow).where(SshKeyRow.account == account)
        rows = await self.session.scalars(query.order_by(SshKeyRow.created_at, SshKeyRow.id))
        return [_key(row) for row in rows.all()]

    async def get(self, account: str, identifier: str) -> SshKey | None:
        """Return a key of an account."""
        row = await self._row(account, identifier)
        return _key(row) if row else None

    async def private(self, account: str, identifier: str) -> bytes | None:
        """Return the private half of a key, as it is kept; none: it is with its owner."""
        row = await self._row(account, identifier)
        return row.private if row else None

    async def _row(self, account: str, identifier: str) -> SshKeyRow | None:
        mine = (SshKeyRow.account == account) & (SshKeyRow.id == identifier)
        return (await self.session.scalars(select(SshKeyRow).where(mine))).one_or_none()

    async def add(self, key: SshKey, private: bytes | None = None) -> None:
        """Keep a new one; the account has no key of this fingerprint."""
        await self.session.execute(insert(SshKeyRow).values(**key.model_dump(), private=private))

    async def rename(self, identifier: str, title: str) -> None:
        """Call one something else."""
        change = update(SshKeyRow).where(SshKeyRow.id == identifier)
        await self.session.execute(change.values(title=title))

    async def used(self, identifier: str, now: datetime) -> None:
        """Note that it was asked for."""
        change = update(SshKeyRow).where(SshKeyRow.id == identifier)
        await self.session.execute(change.values(last_used_at=now))

    async def remove(self, identifier: str) -> None:
        """Forget one."""
        await self.session.execute(delete(SshKeyRow).where(SshKeyRow.id == identifier))

    async def admitted(self, cluster: str, account: str, now: datetime) -> list[SshKey]:
        """Return the keys with which an account may log in to a cluster's nodes now."""
        lives = (
            (AccountRow.level == int(Level.CUSTOM))
            & (AccountRow.state == AccountState.ACTIVE)
            & (AccountRow.expires_at.is_(None) | (AccountRow.expires_at > now))
        )
        granted = (
            (SshGrantRow.cluster == cluster)
            & (SshGrantRow.account == account)
            & (SshGrantRow.expires_at.is_(None) | (SshGrantRow.expires_at > now))
        )
        query = (
            select(SshKeyRow)
            .join(AccountRow, AccountRow.name == SshKeyRow.account)
            .join(SshGrantRow, SshGrantRow.account == SshKeyRow.account)
            .where(lives, granted, SshKeyRow.kind == KeyKind.AUTHORIZED)
            .order_by(SshKeyRow.created_at, SshKeyRow.id)
        )
        return [_key(row) for row in (await self.session.scalars(query)).all()]


def _key(row: SshKeyRow) -> SshKey:
    return SshKey(**{name: getattr(row, name) for name in SshKey.model_fields})
