"""Queries on sign-ups that have still to be confirmed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import SignupRow
from aglais_hub.database import inserted

__all__ = ["PendingSignup", "SignupStore"]


@dataclass(frozen=True)
class PendingSignup:
    """Somebody who has still to confirm an address; the fields are those of the table."""

    id: str
    address: str
    code_digest: str | None
    name: str | None
    guest: str | None
    display_name: str | None
    password_hash: str
    browser_digest: str | None
    next: str | None
    created_at: datetime
    expires_at: datetime


COLUMNS = [getattr(SignupRow, field.name) for field in fields(PendingSignup)]


class SignupStore:
    """Sign-ups."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def add(self, signup: PendingSignup) -> bool:
        """Keep a new one; tell whether its name was free."""
        return await inserted(self.session, SignupRow, vars(signup))

    async def redeem(self, digest: str, now: datetime) -> PendingSignup | None:
        """Take one away if its code is in time; of many who try, one gets it.

        One statement, so that nobody sees it between being found and being gone.
        """
        usable = (SignupRow.code_digest == digest) & (SignupRow.expires_at > now)
        taken = delete(SignupRow).where(usable).returning(*COLUMNS)
        row = (await self.session.execute(taken)).one_or_none()
        return PendingSignup(*row) if row else None

    async def latest(
        self, address: str, browser_digest: str | None, now: datetime
    ) -> PendingSignup | None:
        """Return the last one of an address that was made in this browser."""
        mine = (SignupRow.address == address) & _made_in(browser_digest)
        query = select(*COLUMNS).where(mine, SignupRow.expires_at > now)
        newest = query.order_by(SignupRow.created_at.desc()).limit(1)
        row = (await self.session.execute(newest)).one_or_none()
        return PendingSignup(*row) if row else None

    async def renew(self, identifier: str, digest: str | None, expires_at: datetime) -> None:
        """Give one another code and more time."""
        change = {"code_digest": digest, "expires_at": expires_at}
        await self.session.execute(
            update(SignupRow).where(SignupRow.id == identifier).values(**change)
        )

    async def forget(self, address: str) -> None:
        """Forget all of an address."""
        await self.session.execute(delete(SignupRow).where(SignupRow.address == address))

    async def forget_replaced(self, signup: PendingSignup) -> None:
        """Forget what the same browser said before of this address, name or guest.

        Of a name or a guest, too: whoever has mistyped the address must get the name after all,
        and the code that went to somebody else must not make the guest theirs.
        """
        same = SignupRow.address == signup.address
        if signup.name is not None:
            same |= SignupRow.name == signup.name
        if signup.guest is not None:
            same |= SignupRow.guest == signup.guest
        mine = same & _made_in(signup.browser_digest)
        await self.session.execute(delete(SignupRow).where(mine))

    async def forget_expired(self, now: datetime) -> None:
        """Forget those whose time is over; their names are free again."""
        await self.session.execute(delete(SignupRow).where(SignupRow.expires_at <= now))


def _made_in(browser_digest: str | None) -> ColumnElement[bool]:
    return SignupRow.browser_digest.is_not_distinct_from(browser_digest)
