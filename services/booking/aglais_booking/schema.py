"""Tables of the booking service."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Double, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from aglais_hub.database import UtcDateTime, service_metadata

__all__ = ["AdmissionRow", "Base", "PackageRow", "PoolRow"]


class Base(DeclarativeBase):
    """All tables of this service."""

    metadata = service_metadata()


class LimitColumns:
    """What a session may use at most."""

    frontend_cores: Mapped[float] = mapped_column(Double)
    frontend_memory_bytes: Mapped[int] = mapped_column(BigInteger)
    worker_count: Mapped[int]
    worker_cores: Mapped[float] = mapped_column(Double)
    worker_memory_bytes: Mapped[int] = mapped_column(BigInteger)
    disk_bytes: Mapped[int] = mapped_column(BigInteger)


class PackageRow(LimitColumns, Base):
    """One package."""

    __tablename__ = "packages"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    startable_from_level: Mapped[int]
    default_from_level: Mapped[int | None] = mapped_column(unique=True)


class PoolRow(Base):
    """One pool."""

    __tablename__ = "pools"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    cores: Mapped[float] = mapped_column(Double)
    memory_bytes: Mapped[int] = mapped_column(BigInteger)
    core_overcommit: Mapped[float] = mapped_column(Double)


class AdmissionRow(LimitColumns, Base):
    """One session that was let in; its limits are those of its package at that time."""

    __tablename__ = "admissions"
    __table_args__ = (UniqueConstraint("account", "server"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    level: Mapped[int]
    server: Mapped[str] = mapped_column(String(30))
    package: Mapped[str] = mapped_column(String(32))
    sharing: Mapped[str] = mapped_column(String(16))
    pool: Mapped[str] = mapped_column(ForeignKey(PoolRow.name), index=True)
    cluster: Mapped[str] = mapped_column(String(64))
    admitted_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
