"""Queries on who was here, and who goes because nobody was."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import AccountRow, IdentityRow, MailRow
from aglais_hub.models.accounts import AccountState, Level
from aglais_hub.models.identities import EMAIL

__all__ = ["AbsenceStore"]


class AbsenceStore:
    """When owners of accounts were last seen, and warned."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def last_seen(self) -> dict[str, datetime | None]:
        """Return when the owners of all accounts were last seen."""
        query = select(AccountRow.name, AccountRow.last_seen_at)
        return {row.name: row.last_seen_at for row in await self.session.execute(query)}

    async def see(self, seen: Mapping[str, datetime]) -> None:
        """Note when owners were here."""
        for name, at in seen.items():
            change = update(AccountRow).where(AccountRow.name == name)
            await self.session.execute(change.values(last_seen_at=at))

    async def members(self, after: str, limit: int) -> list[str]:
        """Return names of members that are not leaving, by name, after one."""
        query = select(AccountRow.name).where(
            AccountRow.name > after,
            AccountRow.level != int(Level.ANONYMOUS),
            AccountRow.state == AccountState.ACTIVE,
        )
        query = query.order_by(AccountRow.name).limit(limit)
        return list((await self.session.scalars(query)).all())

    async def warned_at(self, names: Collection[str]) -> dict[str, datetime | None]:
        """Return when owners were last warned."""
        query = select(AccountRow.name, AccountRow.warned_at).where(AccountRow.name.in_(names))
        return {row.name: row.warned_at for row in await self.session.execute(query)}

    async def warn(self, name: str, at: datetime | None) -> None:
        """Note that an owner was warned; None: that was never told."""
        change = update(AccountRow).where(AccountRow.name == name)
        await self.session.execute(change.values(warned_at=at))

    async def forget_warning(self, address: str) -> None:
        """Note that nobody with an address was warned: a mail there could not be sent."""
        mine = (IdentityRow.provider == EMAIL) & (IdentityRow.subject == address)
        owners = select(IdentityRow.account).where(mine)
        change = update(AccountRow).where(AccountRow.name.in_(owners))
        await self.session.execute(change.values(warned_at=None))

    async def has_mail(self, addresses: Collection[str]) -> bool:
        """Tell whether a mail to one of the addresses has still to be sent."""
        query = select(MailRow.id).where(MailRow.address.in_(addresses)).limit(1)
        return (await self.session.scalars(query)).first() is not None
