"""Queries on what may be done only so often."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import AttemptRow

__all__ = ["AttemptStore"]


class AttemptStore:
    """Attempts, in buckets: what is tried, and by whom or on whom."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def lock(self, bucket: str) -> None:
        """Let nobody else count in a bucket until the transaction ends.

        SQLite has one writer at a time anyway.
        """
        if self.session.get_bind().dialect.name == "postgresql":
            await self.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(bucket))))

    async def since(self, bucket: str, start: datetime) -> list[datetime]:
        """Return when something was tried, first time first."""
        query = select(AttemptRow.at).where(AttemptRow.bucket == bucket, AttemptRow.at > start)
        return list((await self.session.scalars(query.order_by(AttemptRow.at))).all())

    async def add(self, bucket: str, at: datetime) -> None:
        """Count one more."""
        self.session.add(AttemptRow(bucket=bucket, at=at))
        await self.session.flush()

    async def forget(self, bucket: str) -> None:
        """Forget what was tried: it has worked."""
        await self.session.execute(delete(AttemptRow).where(AttemptRow.bucket == bucket))

    async def take_back(self, bucket: str, at: datetime) -> None:
        """Count one less: that one was none to be counted."""
        one = (AttemptRow.bucket == bucket) & (AttemptRow.at == at)
        await self.session.execute(delete(AttemptRow).where(one))

    async def forget_before(self, moment: datetime) -> None:
        """Forget what is too old to count."""
        await self.session.execute(delete(AttemptRow).where(AttemptRow.at < moment))
