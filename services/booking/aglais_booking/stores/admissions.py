"""Queries on admissions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import AdmissionRow
from aglais_booking.stores.columns import limit_columns, limits_of
from aglais_hub.database import Keyset
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import Admission, Resources, Sharing
from aglais_hub.paging import Batch, Window

__all__ = ["AdmissionStore"]

CORE_DIGITS = 6
"""Sums of cores are rounded to so many digits: a tenth is no exact number in binary."""

LATEST: Keyset[AdmissionRow] = Keyset(AdmissionRow.admitted_at, AdmissionRow.id)


class AdmissionStore:
    """Sessions that were let in and not yet released."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def page(self, window: Window, accounts: Collection[str] | None) -> Batch[Admission]:
        """Return a part of all admissions, latest first, or of some accounts'."""
        query = select(AdmissionRow)
        if accounts is not None:
            query = query.where(AdmissionRow.account.in_(accounts))
        rows, following = await LATEST.rows(self.session, query, window)
        return Batch([_admission(row) for row in rows], following, window.after is None)

    async def get(self, identifier: str) -> Admission | None:
        """Return an admission."""
        row = await self.session.get(AdmissionRow, identifier)
        return _admission(row) if row else None

    async def of_server(self, account: str, server: str) -> Admission | None:
        """Return the admission of an account's server."""
        query = select(AdmissionRow).where(
            AdmissionRow.account == account, AdmissionRow.server == server
        )
        row = (await self.session.scalars(query)).one_or_none()
        return _admission(row) if row else None

    async def servers(self, account: str) -> set[str]:
        """Return the names of an account's servers that were let in."""
        mine = select(AdmissionRow.server).where(AdmissionRow.account == account)
        return set((await self.session.scalars(mine)).all())

    async def before(self, moment: datetime) -> list[Admission]:
        """Return those admitted before a moment."""
        query = select(AdmissionRow).where(AdmissionRow.admitted_at < moment)
        return [_admission(row) for row in await self.session.scalars(query)]

    async def promised(self, pool: str) -> tuple[Resources, int]:
        """Return what all sessions in a pool were promised together, and how many they are."""
        of = AdmissionRow
        cores = of.frontend_cores + of.worker_count * of.worker_cores
        memory = of.frontend_memory_bytes + of.worker_count * of.worker_memory_bytes
        sums = (func.sum(part) for part in (cores, memory, of.disk_bytes, of.gpus))
        query = select(func.count(), *sums).where(of.pool == pool)
        count, *parts = (await self.session.execute(query)).one()
        total = Resources(
            cores=round(parts[0] or 0, CORE_DIGITS),
            memory_bytes=int(parts[1] or 0),
            disk_bytes=int(parts[2] or 0),
            gpus=int(parts[3] or 0),
        )
        return total, count

    async def add(self, admission: Admission) -> None:
        """Count one more."""
        values = admission.model_dump(exclude={"limits"}) | limit_columns(admission.limits)
        await self.session.execute(insert(AdmissionRow).values(**values))

    async def remove(self, identifier: str) -> bool:
        """Count one less; tell whether it was there."""
        gone = delete(AdmissionRow).where(AdmissionRow.id == identifier)
        return bool((await self.session.execute(gone)).rowcount)  # type: ignore[attr-defined]


def _admission(row: AdmissionRow) -> Admission:
    return Admission(
        id=row.id,
        account=row.account,
        level=Level(row.level),
        server=row.server,
        package=row.package,
        sharing=Sharing(row.sharing),
        pool=row.pool,
        cluster=row.cluster,
        limits=limits_of(row),
        admitted_at=row.admitted_at,
        until=row.until,
        booking=row.booking,
        is_interruptible=row.is_interruptible,
        warned_at=row.warned_at,
    )
