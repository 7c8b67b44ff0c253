"""Leases: of several replicas exactly one does a piece of background work."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import MetaData, delete, insert, update
from sqlalchemy.exc import IntegrityError

from aglais_hub.database.engine import Database
from aglais_hub.models import utcnow

__all__ = ["LeaseStore"]

FACTOR = 2
"""A lease that lasts for so many times its duration is none; clocks may differ by half of it."""


class LeaseStore:
    """Leases of one service.

    Parameters
    ----------
    database, metadata
        The service's own.
    holder
        Name of this process, different from that of every other replica.
    """

    def __init__(self, database: Database, metadata: MetaData, holder: str) -> None:
        self.database = database
        self.table = metadata.tables["leases"]
        self.holder = holder

    async def take(self, name: str, duration: timedelta) -> bool:
        """Take or prolong a lease; tell whether it is ours now."""
        now = utcnow()
        expires_at = self.table.c.expires_at
        # The second one was taken before the clock was set back: nobody takes so much at once.
        is_over = (expires_at <= now) | (expires_at > now + FACTOR * duration)
        mine = (self.table.c.holder == self.holder) | is_over
        taken = (
            update(self.table)
            .where(self.table.c.name == name, mine)
            .values(holder=self.holder, expires_at=now + duration)
        )
        async with self.database.transaction() as session:
            if (await session.execute(taken)).rowcount == 1:  # type: ignore[attr-defined]
                return True
        return await self._found(name, duration)

    async def _found(self, name: str, duration: timedelta) -> bool:
        row = {"name": name, "holder": self.holder, "expires_at": utcnow() + duration}
        try:
            async with self.database.transaction() as session:
                await session.execute(insert(self.table).values(**row))
        except IntegrityError:
            return False
        return True

    async def give_back(self, name: str) -> None:
        """End a lease of ours early."""
        mine = (self.table.c.name == name) & (self.table.c.holder == self.holder)
        async with self.database.transaction() as session:
            await session.execute(delete(self.table).where(mine))
