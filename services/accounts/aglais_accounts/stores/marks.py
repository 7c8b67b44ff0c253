"""Queries on moments that background work remembers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import MarkRow

__all__ = ["MarkStore"]


class MarkStore:
    """Moments, by name."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, name: str) -> datetime | None:
        """Return a moment."""
        query = select(MarkRow.at).where(MarkRow.name == name)
        return (await self.session.scalars(query)).one_or_none()

    async def put(self, name: str, at: datetime) -> None:
        """Remember another one."""
        await self.session.merge(MarkRow(name=name, at=at))
        await self.session.flush()
