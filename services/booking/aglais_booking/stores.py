"""Queries of the booking service; they return models."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import AdmissionRow, LimitColumns, PackageRow, PoolRow
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import (
    Admission,
    Limits,
    Machines,
    Package,
    Pool,
    Resources,
    Sharing,
    UnitLimits,
)

__all__ = ["AdmissionStore", "PackageStore", "PoolStore"]

CORE_DIGITS = 6
"""Sums of cores are rounded to so many digits: a tenth is no exact number in binary."""


class PackageStore:
    """Packages."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def all(self) -> list[Package]:
        """Return all packages, the one that is easiest to get first."""
        rows = (await self.session.scalars(select(PackageRow))).all()
        packages = [_package(row) for row in rows]
        return sorted(packages, key=_size)

    async def get(self, name: str) -> Package | None:
        """Return a package."""
        row = await self.session.get(PackageRow, name, populate_existing=True)
        return _package(row) if row else None

    async def lock(self) -> None:
        """Let nobody else change packages until the transaction ends.

        SQLite has one writer at a time anyway.
        """
        every = select(PackageRow.name).order_by(PackageRow.name).with_for_update()
        await self.session.execute(every)

    async def default(self, level: Level) -> Package | None:
        """Return what a level gets when it asks for no package."""
        query = select(PackageRow).where(PackageRow.default_from_level <= int(level))
        last = query.order_by(PackageRow.default_from_level.desc()).limit(1)
        row = (await self.session.scalars(last)).one_or_none()
        return _package(row) if row else None

    async def add(self, package: Package) -> bool:
        """Keep a new package; tell whether its name was free."""
        await self._pass_default(package)
        return await _added(self.session, PackageRow, _package_columns(package))

    async def save(self, package: Package) -> None:
        """Change a package."""
        await self._pass_default(package)
        change = update(PackageRow).where(PackageRow.name == package.name)
        await self.session.execute(change.values(**_package_columns(package)))

    async def remove(self, name: str) -> None:
        """Forget a package."""
        await self.session.execute(delete(PackageRow).where(PackageRow.name == name))

    async def _pass_default(self, package: Package) -> None:
        """Take a level's default from the package that has it so far: a level has one."""
        if package.default_from_level is None:
            return
        others = (PackageRow.name != package.name) & (
            PackageRow.default_from_level == int(package.default_from_level)
        )
        await self.session.execute(update(PackageRow).where(others).values(default_from_level=None))


class PoolStore:
    """Pools."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def all(self) -> list[Pool]:
        """Return all pools by name."""
        rows = (await self.session.scalars(select(PoolRow).order_by(PoolRow.name))).all()
        return [_pool(row) for row in rows]

    async def get(self, name: str) -> Pool | None:
        """Return a pool."""
        row = await self.session.get(PoolRow, name, populate_existing=True)
        return _pool(row) if row else None

    async def lock(self, name: str) -> Pool | None:
        """Return a pool, and let nobody else count in it until the transaction ends.

        SQLite has one writer at a time anyway.
        """
        query = select(PoolRow).where(PoolRow.name == name).with_for_update()
        fresh = query.execution_options(populate_existing=True)
        row = (await self.session.scalars(fresh)).one_or_none()
        return _pool(row) if row else None

    async def add(self, pool: Pool) -> None:
        """Keep a pool, unless somebody else did just now."""
        await _added(self.session, PoolRow, _pool_columns(pool))

    async def save(self, pool: Pool) -> None:
        """Change a pool."""
        change = update(PoolRow).where(PoolRow.name == pool.name)
        await self.session.execute(change.values(**_pool_columns(pool)))


class AdmissionStore:
    """Sessions that were let in and not yet released."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def page(
        self, offset: int, limit: int, accounts: Collection[str] | None
    ) -> tuple[list[Admission], int]:
        """Return a part of all admissions, latest first, or of some accounts'; and how many."""
        seen = true() if accounts is None else AdmissionRow.account.in_(accounts)
        count = select(func.count()).select_from(AdmissionRow).where(seen)
        total = (await self.session.execute(count)).scalar_one()
        latest_first = (
            select(AdmissionRow)
            .where(seen)
            .order_by(AdmissionRow.admitted_at.desc(), AdmissionRow.id)
        )
        rows = await self.session.scalars(latest_first.offset(offset).limit(limit))
        return [_admission(row) for row in rows], total

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
        query = select(func.sum(cores), func.sum(memory), func.count()).where(of.pool == pool)
        row = (await self.session.execute(query)).one()
        total = Resources(cores=round(row[0] or 0, CORE_DIGITS), memory_bytes=int(row[1] or 0))
        return total, row[2]

    async def add(self, admission: Admission) -> None:
        """Count one more."""
        values = admission.model_dump(exclude={"limits"}) | _limit_columns(admission.limits)
        await self.session.execute(insert(AdmissionRow).values(**values))

    async def remove(self, identifier: str) -> bool:
        """Count one less; tell whether it was there."""
        gone = delete(AdmissionRow).where(AdmissionRow.id == identifier)
        return bool((await self.session.execute(gone)).rowcount)  # type: ignore[attr-defined]


async def _added(session: AsyncSession, table: type[Any], values: dict[str, Any]) -> bool:
    try:
        async with session.begin_nested():
            await session.execute(insert(table).values(**values))
    except IntegrityError:
        return False
    return True


def _size(package: Package) -> tuple[int, float, int, str]:
    total = package.limits.total
    return (package.startable_from_level, total.cores, total.memory_bytes, package.name)


def _limits(row: LimitColumns) -> Limits:
    return Limits(
        frontend=UnitLimits(cores=row.frontend_cores, memory_bytes=row.frontend_memory_bytes),
        worker=UnitLimits(cores=row.worker_cores, memory_bytes=row.worker_memory_bytes),
        worker_count=row.worker_count,
        disk_bytes=row.disk_bytes,
    )


def _limit_columns(limits: Limits) -> dict[str, Any]:
    return {
        "frontend_cores": limits.frontend.cores,
        "frontend_memory_bytes": limits.frontend.memory_bytes,
        "worker_count": limits.worker_count,
        "worker_cores": limits.worker.cores,
        "worker_memory_bytes": limits.worker.memory_bytes,
        "disk_bytes": limits.disk_bytes,
    }


def _package(row: PackageRow) -> Package:
    default = row.default_from_level
    return Package(
        name=row.name,
        title=row.title,
        limits=_limits(row),
        startable_from_level=Level(row.startable_from_level),
        default_from_level=None if default is None else Level(default),
    )


def _package_columns(package: Package) -> dict[str, Any]:
    return package.model_dump(exclude={"limits"}) | _limit_columns(package.limits)


def _pool(row: PoolRow) -> Pool:
    return Pool(
        name=row.name,
        resources=Machines(cores=row.cores, memory_bytes=row.memory_bytes),
        core_overcommit=row.core_overcommit,
    )


def _pool_columns(pool: Pool) -> dict[str, Any]:
    return {"name": pool.name, "core_overcommit": pool.core_overcommit, **dict(pool.resources)}


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
        limits=_limits(row),
        admitted_at=row.admitted_at,
        until=row.until,
    )
