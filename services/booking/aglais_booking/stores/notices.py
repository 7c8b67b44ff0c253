"""Queries on notices: the mails that the accounts service has still to be asked to send."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import NoticeRow

__all__ = ["NoticeStore"]


class NoticeStore:
    """The outbox: a notice is kept in the transaction that made its cause true.

    Its id says what it is about. One that was sent is kept, so that it is not written again.
    """

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def written_at(self, identifier: str) -> datetime | None:
        """Return when a notice was written; None: it was not."""
        query = select(NoticeRow.created_at).where(NoticeRow.id == identifier)
        return (await self.session.scalars(query)).one_or_none()

    async def add(
        self, identifier: str, account: str, subject: str, text: str, now: datetime
    ) -> None:
        """Keep a new one, to be sent now."""
        values = {"id": identifier, "account": account, "subject": subject, "text": text}
        await self.session.execute(
            insert(NoticeRow).values(created_at=now, due_at=now, tries=0, **values)
        )

    async def due(self, now: datetime, limit: int) -> list[NoticeRow]:
        """Return those to be sent now, oldest first."""
        query = select(NoticeRow).where(NoticeRow.due_at <= now).order_by(NoticeRow.due_at)
        return list((await self.session.scalars(query.limit(limit))).all())

    async def put_off(self, identifier: str, tries: int, due_at: datetime) -> bool:
        """Count one more try, after so many; tell whether nobody else did."""
        same = (NoticeRow.id == identifier) & (NoticeRow.tries == tries)
        change = update(NoticeRow).where(same, NoticeRow.due_at.is_not(None))
        done = await self.session.execute(change.values(due_at=due_at, tries=tries + 1))
        return bool(done.rowcount)  # type: ignore[attr-defined]

    async def mark_sent(self, identifier: str) -> None:
        """Note that nothing is left to do for it; its words are needed no longer."""
        sent = update(NoticeRow).where(NoticeRow.id == identifier)
        await self.session.execute(sent.values(due_at=None, text=""))

    async def forget(self, account: str) -> None:
        """Forget what an account was, or is still to be, told."""
        await self.session.execute(delete(NoticeRow).where(NoticeRow.account == account))

    async def forget_sent(self, before: datetime) -> None:
        """Forget those that were sent and are so old that nothing is about them any more."""
        old = (NoticeRow.due_at.is_(None)) & (NoticeRow.created_at < before)
        await self.session.execute(delete(NoticeRow).where(old))
