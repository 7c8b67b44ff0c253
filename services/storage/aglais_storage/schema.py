"""Tables of the storage service."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from aglais_hub.database import UtcDateTime, service_metadata

__all__ = ["Base", "OwnerRow", "RootRow", "SpaceRow"]


class Base(DeclarativeBase):
    """All tables of this service."""

    metadata = service_metadata()


class OwnerRow(Base):
    """The number that an account's POSIX users are counted from, while it has spaces.

    A number is never given twice: files of one owner must not fall to the next.
    """

    __tablename__ = "owners"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 (SQLAlchemy's own way)

    number: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(64), unique=True)


class SpaceRow(Base):
    """One space: how it is wanted, and how far that is done."""

    __tablename__ = "spaces"
    __table_args__ = (UniqueConstraint("account", "kind"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("owners.account"))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), index=True)
    backend: Mapped[str] = mapped_column(String(16))
    owner_uid: Mapped[int] = mapped_column(BigInteger)
    quota_bytes: Mapped[int] = mapped_column(BigInteger)
    quota_files: Mapped[int] = mapped_column(BigInteger)
    is_settled: Mapped[bool]
    """Whether the quota is in force as it is written here."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_bytes: Mapped[int | None] = mapped_column(BigInteger)
    used_files: Mapped[int | None] = mapped_column(BigInteger)


class RootRow(Base):
    """The mark that the root directory carries too, if it belongs to this database."""

    __tablename__ = "roots"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mark: Mapped[str] = mapped_column(String(64))
