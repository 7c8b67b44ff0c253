"""Tables of the accounts service."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from aglais_hub.database import UtcDateTime, service_metadata

__all__ = ["AccountRow", "Base", "ClickRow", "DepartureRow", "LevelRow"]


class Base(DeclarativeBase):
    """All tables of this service."""

    metadata = service_metadata()


class LevelRow(Base):
    """What a level gives."""

    __tablename__ = "levels"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    notebook_count: Mapped[int]
    notebook_bytes: Mapped[int] = mapped_column(BigInteger)
    temp_bytes: Mapped[int] = mapped_column(BigInteger)
    temp_files: Mapped[int]
    user_bytes: Mapped[int] = mapped_column(BigInteger)
    user_files: Mapped[int]
    lifetime_seconds: Mapped[int | None]
    idle_seconds: Mapped[int | None]


class AccountRow(Base):
    """One account."""

    __tablename__ = "accounts"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    level: Mapped[int] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class ClickRow(Base):
    """One guest let in, kept for a minute to bound how many come from an address."""

    __tablename__ = "clicks"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class DepartureRow(Base):
    """Somebody on the way out; the row goes last, when nothing else is left."""

    __tablename__ = "departures"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(200))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    steps_done: Mapped[int] = mapped_column(default=0)
