"""Queries on admissions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.amounts import Amount, cost_of
from aglais_booking.schema import AdmissionRow, SpanRow
from aglais_booking.stores.columns import limit_columns, limits_of
from aglais_booking.stores.spans import is_on
from aglais_hub.database import Keyset
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import Admission, Pool, Resources, Sharing
from aglais_hub.paging import Batch, Window

__all__ = ["AdmissionStore"]

CORE_DIGITS = 6
"""Sums of cores are rounded to so many digits: a tenth is no exact number in binary."""

LATEST: Keyset[AdmissionRow] = Keyset(AdmissionRow.admitted_at, AdmissionRow.id)
SUMS = (
    func.sum(AdmissionRow.frontend_cores + AdmissionRow.worker_count * AdmissionRow.worker_cores),
    func.sum(
        AdmissionRow.frontend_memory_bytes
        + AdmissionRow.worker_count * AdmissionRow.worker_memory_bytes
    ),
    func.sum(AdmissionRow.disk_bytes),
    func.sum(AdmissionRow.gpus),
)


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

    async def of_booking(self, booking: str) -> list[Admission]:
        """Return the sessions of a booking."""
        return await self._found(AdmissionRow.booking == booking)

    async def of_bookings(self) -> list[Admission]:
        """Return all sessions that are for a booking."""
        return await self._found(AdmissionRow.booking.is_not(None))

    async def interruptible(self) -> list[Admission]:
        """Return all sessions on spare capacity."""
        return await self._found(AdmissionRow.is_interruptible)

    async def ending(self, moment: datetime) -> list[Admission]:
        """Return the sessions whose time is over at a moment."""
        return await self._found(AdmissionRow.until <= moment)

    async def in_pool(self, pool: str) -> list[Admission]:
        """Return all sessions of a pool."""
        return await self._found(AdmissionRow.pool == pool)

    async def next_end(self, pool: str, now: datetime) -> datetime | None:
        """Return when the next session of a pool ends that has an end."""
        query = select(func.min(AdmissionRow.until))
        mine = query.where(AdmissionRow.pool == pool, AdmissionRow.until > now)
        found: datetime | None = (await self.session.execute(mine)).scalar_one()
        return found

    async def _found(self, *conditions: Any) -> list[Admission]:
        query = select(AdmissionRow).where(*conditions).order_by(AdmissionRow.admitted_at)
        fresh = query.execution_options(populate_existing=True)
        return [_admission(row) for row in await self.session.scalars(fresh)]

    async def taken(self, pool: Pool, now: datetime) -> dict[str, Amount]:
        """Return what sessions take of a pool: ``firm``, ``spare``, ``booked``, ``late``."""
        of = AdmissionRow
        on = exists().where(SpanRow.booking == of.booking, is_on(now))
        walk_in = of.booking.is_(None)
        kinds = [(and_(walk_in, of.is_interruptible), "spare"), (walk_in, "firm"), (on, "booked")]
        query = select(of.sharing, case(*kinds, else_="late").label("kind"), *SUMS)
        grouped = query.where(of.pool == pool.name).group_by(of.sharing, "kind")
        found: dict[str, Amount] = {}
        for sharing, kind, *sums in await self.session.execute(grouped):
            amount = cost_of(_total(sums), Sharing(sharing), pool)
            found[kind] = found.get(kind, Amount()).plus(amount)
        return found

    async def set_until(self, admission: Admission, until: datetime | None) -> bool:
        """Give a session another end, before which it is warned anew; tell whether it was ours."""
        return await self._change(admission, until=until, warned_at=None)

    async def warn(self, admission: Admission, now: datetime, until: datetime | None) -> bool:
        """Note that a session's owner is told that it ends; tell whether nobody else did."""
        return await self._change(admission, until=until, warned_at=now)

    async def _change(self, admission: Admission, **values: Any) -> bool:
        """Change a session that is still what it was; tell whether."""
        same = [AdmissionRow.id == admission.id]
        for column in (AdmissionRow.until, AdmissionRow.warned_at):
            before = getattr(admission, column.key)
            same.append(column.is_(None) if before is None else column == before)
        done = await self.session.execute(update(AdmissionRow).where(*same).values(**values))
        return bool(done.rowcount)  # type: ignore[attr-defined]

    async def promised(self, pool: str) -> tuple[Resources, int]:
        """Return what all sessions in a pool were promised together, and how many they are."""
        query = select(func.count(), *SUMS).where(AdmissionRow.pool == pool)
        count, *sums = (await self.session.execute(query)).one()
        return _total(sums), count

    async def add(self, admission: Admission) -> None:
        """Count one more."""
        values = admission.model_dump(exclude={"limits"}) | limit_columns(admission.limits)
        await self.session.execute(insert(AdmissionRow).values(**values))

    async def remove(self, identifier: str) -> bool:
        """Count one less; tell whether it was there."""
        gone = delete(AdmissionRow).where(AdmissionRow.id == identifier)
        return bool((await self.session.execute(gone)).rowcount)  # type: ignore[attr-defined]


def _total(sums: Sequence[Any]) -> Resources:
    cores, memory, disk, gpus = (one or 0 for one in sums)
    return Resources(
        cores=round(cores, CORE_DIGITS),
        memory_bytes=int(memory),
        disk_bytes=int(disk),
        gpus=int(gpus),
    )


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
