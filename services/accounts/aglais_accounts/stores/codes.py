"""Queries on secrets that work once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import CodeRow

__all__ = ["CodeStore", "RedeemedCode"]


@dataclass(frozen=True)
class RedeemedCode:
    """What a code stood for."""

    account: str | None
    payload: dict[str, Any]


class CodeStore:
    """Codes, by digest."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def add(
        self,
        digest: str,
        purpose: str,
        account: str | None,
        expires_at: datetime,
        payload: dict[str, Any] | None = None,
    ) -> None:
        """Keep a new one."""
        await self.session.execute(
            insert(CodeRow).values(
                digest=digest,
                purpose=purpose,
                account=account,
                expires_at=expires_at,
                payload=json.dumps(payload or {}),
            )
        )

    async def redeem(self, digest: str, purpose: str, now: datetime) -> RedeemedCode | None:
        """Take one away if it is of this purpose and in time; of many who try, one gets it.

        One statement, so that nobody sees it between being found and being gone.
        """
        usable = (
            (CodeRow.digest == digest) & (CodeRow.purpose == purpose) & (CodeRow.expires_at > now)
        )
        taken = delete(CodeRow).where(usable).returning(CodeRow.account, CodeRow.payload)
        row = (await self.session.execute(taken)).one_or_none()
        return RedeemedCode(row.account, json.loads(row.payload)) if row else None

    async def find(self, digest: str, purpose: str, now: datetime) -> RedeemedCode | None:
        """Return what one stands for, and leave it usable."""
        row = await self.session.get(CodeRow, digest)
        if row is None or row.purpose != purpose or row.expires_at <= now:
            return None
        return RedeemedCode(row.account, json.loads(row.payload))

    async def forget(self, account: str, *purposes: str) -> None:
        """Forget all of an account for some purposes, or for all."""
        mine = CodeRow.account == account
        if purposes:
            mine &= CodeRow.purpose.in_(purposes)
        await self.session.execute(delete(CodeRow).where(mine))

    async def forget_expired(self, now: datetime) -> None:
        """Forget those whose time is over."""
        await self.session.execute(delete(CodeRow).where(CodeRow.expires_at <= now))
