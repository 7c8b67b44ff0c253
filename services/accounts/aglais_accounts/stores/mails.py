"""Queries on mails that have still to be sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import MailRow

__all__ = ["MailStore"]


class MailStore:
    """The outbox: a mail is kept in the transaction that made its cause true."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def add(self, address: str, subject: str, text: bytes, now: datetime) -> None:
        """Keep one; `text` is encrypted."""
        values = {"address": address, "subject": subject, "text": text}
        await self.session.execute(
            insert(MailRow).values(created_at=now, due_at=now, tries=0, **values)
        )

    async def due(self, now: datetime, limit: int) -> list[MailRow]:
        """Return those to be sent now, oldest first."""
        query = select(MailRow).where(MailRow.due_at <= now).order_by(MailRow.id).limit(limit)
        return list((await self.session.scalars(query)).all())

    async def put_off(self, identifier: int, tries: int, due_at: datetime) -> bool:
        """Count one more try, after so many; tell whether nobody else did."""
        same = (MailRow.id == identifier) & (MailRow.tries == tries)
        change = update(MailRow).where(same).values(due_at=due_at, tries=tries + 1)
        done = await self.session.execute(change)
        return bool(done.rowcount)  # type: ignore[attr-defined]

    async def remove(self, identifier: int) -> bool:
        """Forget one, as it is sent; tell whether it was there."""
        done = await self.session.execute(delete(MailRow).where(MailRow.id == identifier))
        return bool(done.rowcount)  # type: ignore[attr-defined]
