"""Queries on who may log in to which cluster's nodes, and on the tokens of nodes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_accounts.schema import SshGrantRow, SshNodeTokenRow
from aglais_hub.database import inserted
from aglais_hub.models.keys import NodeToken, SshGrant

__all__ = ["GrantStore", "NodeTokenStore"]


class GrantStore:
    """Grants."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def page(
        self, offset: int, limit: int, cluster: str | None, account: str | None
    ) -> tuple[list[SshGrant], int]:
        """Return a part of all grants, of a cluster, or of an account; and how many there are."""
        of_cluster = true() if cluster is None else SshGrantRow.cluster == cluster
        of_account = true() if account is None else SshGrantRow.account == account
        count = select(func.count()).select_from(SshGrantRow).where(of_cluster, of_account)
        part = (
            select(SshGrantRow)
            .where(of_cluster, of_account)
            .order_by(SshGrantRow.cluster, SshGrantRow.account)
        )
        rows = await self.session.scalars(part.offset(offset).limit(limit))
        total = (await self.session.execute(count)).scalar_one()
        return [_grant(row) for row in rows.all()], total

    async def get(self, cluster: str, account: str) -> SshGrant | None:
        """Return a grant."""
        row = await self.session.get(SshGrantRow, (cluster, account))
        return _grant(row) if row else None

    async def put(self, grant: SshGrant) -> bool:
        """Keep a grant, or its new end; tell whether there was none."""
        values = grant.model_dump()
        if await inserted(self.session, SshGrantRow, values):
            return True
        change = update(SshGrantRow).where(_same(grant.cluster, grant.account))
        await self.session.execute(change.values(expires_at=grant.expires_at))
        return False

    async def remove(self, cluster: str, account: str) -> bool:
        """Forget a grant; tell whether there was one."""
        gone = delete(SshGrantRow).where(_same(cluster, account)).returning(SshGrantRow.account)
        return (await self.session.execute(gone)).one_or_none() is not None


def _same(cluster: str, account: str):  # type: ignore[no-untyped-def]  # SQLAlchemy's own type
    return (SshGrantRow.cluster == cluster) & (SshGrantRow.account == account)


def _grant(row: SshGrantRow) -> SshGrant:
    return SshGrant(cluster=row.cluster, account=row.account, expires_at=row.expires_at)


class NodeTokenStore:
    """Tokens of nodes, by digest."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def page(
        self, offset: int, limit: int, cluster: str | None
    ) -> tuple[list[NodeToken], int]:
        """Return a part of all tokens, or of a cluster's; and how many there are."""
        seen = true() if cluster is None else SshNodeTokenRow.cluster == cluster
        count = select(func.count()).select_from(SshNodeTokenRow).where(seen)
        part = select(SshNodeTokenRow).where(seen)
        ordered = part.order_by(
            SshNodeTokenRow.cluster, SshNodeTokenRow.created_at, SshNodeTokenRow.id
        )
        rows = await self.session.scalars(ordered.offset(offset).limit(limit))
        total = (await self.session.execute(count)).scalar_one()
        return [_token(row) for row in rows.all()], total

    async def get(self, identifier: str) -> NodeToken | None:
        """Return a token, without its secret, which nobody knows here."""
        row = await self.session.get(SshNodeTokenRow, identifier)
        return _token(row) if row else None

    async def find(self, digest: str) -> NodeToken | None:
        """Return the token whose secret has this digest."""
        wanted = select(SshNodeTokenRow).where(SshNodeTokenRow.digest == digest)
        row = (await self.session.scalars(wanted)).one_or_none()
        return _token(row) if row else None

    async def add(self, token: NodeToken, digest: str) -> None:
        """Keep a new one."""
        values = token.model_dump(include=set(NodeToken.model_fields))
        await self.session.execute(insert(SshNodeTokenRow).values(**values, digest=digest))

    async def rename(self, identifier: str, title: str) -> None:
        """Call one something else."""
        change = update(SshNodeTokenRow).where(SshNodeTokenRow.id == identifier)
        await self.session.execute(change.values(title=title))

    async def used(self, identifier: str, now: datetime) -> None:
        """Note that a node came with it."""
        change = update(SshNodeTokenRow).where(SshNodeTokenRow.id == identifier)
        await self.session.execute(change.values(last_used_at=now))

    async def remove(self, identifier: str) -> bool:
        """Forget one; tell whether there was one."""
        gone = delete(SshNodeTokenRow).where(SshNodeTokenRow.id == identifier)
        found = await self.session.execute(gone.returning(SshNodeTokenRow.id))
        return found.one_or_none() is not None


def _token(row: SshNodeTokenRow) -> NodeToken:
    return NodeToken(**{name: getattr(row, name) for name in NodeToken.model_fields})
