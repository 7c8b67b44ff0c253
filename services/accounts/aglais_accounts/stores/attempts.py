"""Queries on what may be done only so often."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import AttemptRow

__all__ = ["AttemptStore"]


class AttemptStore:
    """Attempts, in buckets: what is tried, and by whom or on whom."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def lock(self, buckets: Sequence[str]) -> None:
        """Let nobody else count in some buckets until the transaction ends.

        In one order, so that nobody waits for each other. SQLite has one writer at a time anyway.
        """
        if self.session.get_bind().dialect.name == "postgresql":
            for bucket in sorted(buckets):
                key = func.hashtext(bucket)
                await self.session.execute(select(func.pg_advisory_xact_lock(key)))

    async def of(self, buckets: Sequence[str], start: datetime) -> dict[str, list[datetime]]:
        """Return when something was tried, first time first, by bucket."""
        wanted = AttemptRow.bucket.in_(buckets) & (AttemptRow.at > start)
        query = select(AttemptRow.bucket, AttemptRow.at).where(wanted).order_by(AttemptRow.at)
        found: dict[str, list[datetime]] = {bucket: [] for bucket in buckets}
        for bucket, at in await self.session.execute(query):
            found[bucket].append(at)
        return found

    async def since(self, bucket: str, start: datetime) -> list[datetime]:
        """Return when something was tried, first time first."""
        query = select(AttemptRow.at).where(AttemptRow.bucket == bucket, AttemptRow.at > start)
        return list((await self.session.scalars(query.order_by(AttemptRow.at))).all())

    async def add(self, bucket: str, at: datetime) -> None:
        """Count one more."""
        await self.add_all([bucket], at)

    async def add_all(self, buckets: Sequence[str], at: datetime) -> None:
        """Count one more in each of some buckets."""
        rows = [{"bucket": bucket, "at": at} for bucket in buckets]
        await self.session.execute(insert(AttemptRow), rows)

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
