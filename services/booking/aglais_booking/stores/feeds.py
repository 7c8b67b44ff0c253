"""Queries on calendar feeds, and on what is in them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, func, insert, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import FeedRow
from aglais_hub.models.feeds import Feed

__all__ = ["FeedStore"]


class FeedStore:
    """Feeds: of each account one at most, found by the SHA-256 of its secret."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def page(
        self, offset: int, limit: int, accounts: Collection[str] | None
    ) -> tuple[list[Feed], int]:
        """Return a part of all feeds, or of some accounts', by account; and how many."""
        seen = true() if accounts is None else FeedRow.account.in_(accounts)
        total = await self.session.scalar(select(func.count()).select_from(FeedRow).where(seen))
        ordered = select(FeedRow).where(seen).order_by(FeedRow.account)
        rows = await self.session.scalars(ordered.offset(offset).limit(limit))
        return [_feed(row) for row in rows], total or 0

    async def get(self, account: str) -> Feed | None:
        """Return an account's feed."""
        row = await self.session.get(FeedRow, account, populate_existing=True)
        return _feed(row) if row else None

    async def account_of(self, digest: str) -> str | None:
        """Return whose feed has a secret of this digest."""
        return await self.session.scalar(select(FeedRow.account).where(FeedRow.digest == digest))

    async def put(self, feed: Feed, digest: str) -> None:
        """Keep a feed instead of the one that its account had."""
        await self.remove(feed.account)
        await self.session.execute(insert(FeedRow).values(**feed.model_dump(), digest=digest))

    async def remove(self, account: str) -> bool:
        """Forget an account's feed; tell whether it had one."""
        done = await self.session.execute(delete(FeedRow).where(FeedRow.account == account))
        return bool(done.rowcount)  # type: ignore[attr-defined]


def _feed(row: FeedRow) -> Feed:
    return Feed(account=row.account, created_at=row.created_at)
