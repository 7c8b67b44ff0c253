"""Queries on what accounts log in with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import AccountRow, IdentityRow, PasswordRow
from aglais_hub.database import inserted
from aglais_hub.models.accounts import AccountState
from aglais_hub.models.identities import EMAIL, Identity

__all__ = ["AddressOwner", "IdentityStore", "PasswordStore"]


@dataclass(frozen=True)
class AddressOwner:
    """The account that an address logs in to, and the hash of its password."""

    identity: str
    account: str
    hash: str | None
    is_leaving: bool


class IdentityStore:
    """Identities."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def of(self, account: str) -> list[Identity]:
        """Return those of an account, oldest first."""
        query = select(IdentityRow).where(IdentityRow.account == account)
        rows = await self.session.scalars(query.order_by(IdentityRow.created_at, IdentityRow.id))
        return [_identity(row) for row in rows.all()]

    async def find(self, provider: str, subject: str) -> Identity | None:
        """Return the identity that somebody has come with."""
        wanted = (IdentityRow.provider == provider) & (IdentityRow.subject == subject)
        row = (await self.session.scalars(select(IdentityRow).where(wanted))).one_or_none()
        return _identity(row) if row else None

    async def add(
        self, account: str, provider: str, subject: str, label: str, now: datetime
    ) -> bool:
        """Keep a new one; tell whether nobody has it."""
        values = {
            "id": uuid4().hex,
            "account": account,
            "provider": provider,
            "subject": subject,
            "label": label,
            "created_at": now,
        }
        return await inserted(self.session, IdentityRow, values)

    async def used(self, identifier: str, now: datetime, label: str | None = None) -> None:
        """Note that somebody came with it, and what a provider calls them by now."""
        values = {"last_used_at": now} | ({"label": label} if label else {})
        change = update(IdentityRow).where(IdentityRow.id == identifier)
        await self.session.execute(change.values(**values))
        owner = select(IdentityRow.account).where(IdentityRow.id == identifier).scalar_subquery()
        here = update(AccountRow).where(AccountRow.name == owner).values(last_seen_at=now)
        await self.session.execute(here, execution_options={"synchronize_session": False})

    async def readdress(self, identifier: str, address: str) -> bool:
        """Let one be another e-mail address; tell whether nobody else has that."""
        change = update(IdentityRow).where(IdentityRow.id == identifier)
        try:
            async with self.session.begin_nested():
                await self.session.execute(change.values(subject=address, label=address))
        except IntegrityError:
            return False
        return True

    async def count(self, account: str) -> int:
        """Return how many an account has."""
        query = select(func.count()).where(IdentityRow.account == account)
        return int((await self.session.execute(query)).scalar_one())

    async def remove(self, identifier: str) -> None:
        """Forget one."""
        await self.session.execute(delete(IdentityRow).where(IdentityRow.id == identifier))


class PasswordStore:
    """Hashes of passwords."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, account: str) -> str | None:
        """Return the hash of an account's password."""
        row = await self.session.get(PasswordRow, account)
        return row.hash if row else None

    async def owner(self, address: str) -> AddressOwner | None:
        """Return whom an address and a password log in."""
        query = (
            select(IdentityRow.id, AccountRow.name, PasswordRow.hash, AccountRow.state)
            .join(AccountRow, AccountRow.name == IdentityRow.account)
            .outerjoin(PasswordRow, PasswordRow.account == AccountRow.name)
            .where(IdentityRow.provider == EMAIL, IdentityRow.subject == address)
        )
        row = (await self.session.execute(query)).one_or_none()
        if row is None:
            return None
        return AddressOwner(row.id, row.name, row.hash, row.state == AccountState.LEAVING)

    async def renew(self, account: str, old: str, new: str) -> None:
        """Keep a hash made as hashes are made now, of the same password."""
        same = (PasswordRow.account == account) & (PasswordRow.hash == old)
        await self.session.execute(update(PasswordRow).where(same).values(hash=new))

    async def put(self, account: str, hash_: str, now: datetime) -> None:
        """Keep another one."""
        await self.session.merge(PasswordRow(account=account, hash=hash_, changed_at=now))
        await self.session.flush()

    async def remove(self, account: str) -> None:
        """Forget the one of an account."""
        await self.session.execute(delete(PasswordRow).where(PasswordRow.account == account))


def _identity(row: IdentityRow) -> Identity:
    return Identity.model_validate(row, from_attributes=True)
