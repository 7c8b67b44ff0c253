"""Queries on packages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from aglais_booking.schema import PackageRow
from aglais_booking.stores.columns import limit_columns, limits_of
from aglais_hub.database import inserted
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import Package

__all__ = ["PackageStore"]


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
        return await inserted(self.session, PackageRow, _package_columns(package))

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


def _size(package: Package) -> tuple[int, float, int, str]:
    total = package.limits.total
    return (package.startable_from_level, total.cores, total.memory_bytes, package.name)


def _package(row: PackageRow) -> Package:
    default, bookable = row.default_from_level, row.bookable_from_level
    return Package(
        name=row.name,
        title=row.title,
        limits=limits_of(row),
        startable_from_level=Level(row.startable_from_level),
        default_from_level=None if default is None else Level(default),
        bookable_from_level=None if bookable is None else Level(bookable),
        longest_seconds=row.longest_seconds,
        furthest_seconds=row.furthest_seconds,
        bookable_count=row.bookable_count,
        is_custom=row.is_custom,
    )


def _package_columns(package: Package) -> dict[str, Any]:
    return package.model_dump(exclude={"limits"}) | limit_columns(package.limits)
