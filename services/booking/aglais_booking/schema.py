"""Tables of the booking service."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from aglais_hub.database import UtcDateTime, service_metadata

__all__ = [
    "AdmissionRow",
    "AnswerRow",
    "Base",
    "BlazarLeaseRow",
    "BookingRow",
    "CapacityRow",
    "ChangeRow",
    "FairUseRow",
    "FeedRow",
    "HoldRow",
    "HourRow",
    "NoticeRow",
    "PackageRow",
    "PoolRow",
    "RequestRow",
    "SpanRow",
]


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
    gpus: Mapped[int] = mapped_column(server_default="0")


class PackageRow(LimitColumns, Base):
    """One package."""

    __tablename__ = "packages"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    startable_from_level: Mapped[int]
    default_from_level: Mapped[int | None] = mapped_column(unique=True)
    bookable_from_level: Mapped[int | None]
    longest_seconds: Mapped[int | None]
    furthest_seconds: Mapped[int | None]
    bookable_count: Mapped[int | None]
    is_custom: Mapped[bool] = mapped_column(server_default=false())


class PoolRow(Base):
    """One pool."""

    __tablename__ = "pools"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    cores: Mapped[float] = mapped_column(Double)
    memory_bytes: Mapped[int] = mapped_column(BigInteger)
    core_overcommit: Mapped[float] = mapped_column(Double)
    disk_bytes: Mapped[int | None] = mapped_column(BigInteger)
    gpus: Mapped[int] = mapped_column(server_default="0")
    kept_percent: Mapped[int] = mapped_column(server_default="25")
    site: Mapped[str | None] = mapped_column(String(32))
    hardware: Mapped[str] = mapped_column(Text, server_default="")
    cluster: Mapped[str | None] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(16), server_default="hand")
    aggregate: Mapped[str | None] = mapped_column(String(64))
    reading: Mapped[str | None] = mapped_column(String(200))
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_problem: Mapped[str | None] = mapped_column(String(300))


class CapacityRow(Base):
    """Resources that a pool has, or lacks, for a time."""

    __tablename__ = "capacities"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    pool: Mapped[str] = mapped_column(ForeignKey(PoolRow.name), index=True)
    title: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(16))
    effect: Mapped[str] = mapped_column(String(16))
    cores: Mapped[float] = mapped_column(Double)
    memory_bytes: Mapped[int] = mapped_column(BigInteger)
    disk_bytes: Mapped[int] = mapped_column(BigInteger)
    gpus: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


KINDS = ("millicores", "memory_bytes", "disk_bytes", "gpus")
"""Resources that are counted, whole numbers each."""

OVER = text(" OR ".join(f"excess_{kind} > 0" for kind in KINDS))
"""An hour in which more is booked than there is by now."""


class HourRow(Base):
    """An hour of a pool: what of it can be booked, and what is.

    `hour` counts from 1970 in UTC. `excess` is what was booked before the pool shrank below it.
    Only the triggers of `holds` change what is reserved.
    """

    __tablename__ = "hours"
    __table_args__ = (
        *(
            CheckConstraint(f"reserved_{kind} <= bookable_{kind} + excess_{kind}", name=kind)
            for kind in KINDS
        ),
        # Few hours are in it, and mostly none: so what is over capacity is found at once.
        Index("ix_hours_over", "pool", "hour", sqlite_where=OVER, postgresql_where=OVER),
        {"sqlite_with_rowid": False},
    )

    pool: Mapped[str] = mapped_column(ForeignKey(PoolRow.name), primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bookable_millicores: Mapped[int] = mapped_column(BigInteger)
    bookable_memory_bytes: Mapped[int] = mapped_column(BigInteger)
    bookable_disk_bytes: Mapped[int] = mapped_column(BigInteger)
    bookable_gpus: Mapped[int] = mapped_column(BigInteger)
    reserved_millicores: Mapped[int] = mapped_column(BigInteger, server_default="0")
    reserved_memory_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    reserved_disk_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    reserved_gpus: Mapped[int] = mapped_column(BigInteger, server_default="0")
    excess_millicores: Mapped[int] = mapped_column(BigInteger, server_default="0")
    excess_memory_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    excess_disk_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    excess_gpus: Mapped[int] = mapped_column(BigInteger, server_default="0")


class BookingRow(LimitColumns, Base):
    """One booking; its limits are those that its package had when it was made."""

    __tablename__ = "bookings"
    __table_args__ = (
        Index(None, "account", "ends_at", "id"),
        Index(None, "state", "ends_at", "id"),
        Index(None, "ends_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(80))
    package: Mapped[str] = mapped_column(String(32))
    sharing: Mapped[str] = mapped_column(String(16))
    environment: Mapped[str | None] = mapped_column(String(32))
    pool: Mapped[str] = mapped_column(ForeignKey(PoolRow.name), index=True)
    site: Mapped[str | None] = mapped_column(String(32))
    hardware: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recurrence: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sequence: Mapped[int]


class SpanRow(Base):
    """One span of a booking."""

    __tablename__ = "spans"
    __table_args__ = (Index(None, "state", "starts_at"), Index(None, "state", "ends_at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    booking: Mapped[str] = mapped_column(ForeignKey(BookingRow.id), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a session of it was last known to run; none: nobody has used it."""
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When its owner was last told that it starts, ends or lies idle."""


class HoldRow(Base):
    """What a span takes of a pool; the triggers of this table count it in `hours`.

    A hold is never changed: it goes, and another one comes, in one transaction.
    """

    __tablename__ = "holds"

    span: Mapped[str] = mapped_column(ForeignKey(SpanRow.id), primary_key=True)
    pool: Mapped[str] = mapped_column(ForeignKey(PoolRow.name))
    first_hour: Mapped[int]
    end_hour: Mapped[int] = mapped_column(index=True)
    millicores: Mapped[int] = mapped_column(BigInteger)
    memory_bytes: Mapped[int] = mapped_column(BigInteger)
    disk_bytes: Mapped[int] = mapped_column(BigInteger)
    gpus: Mapped[int] = mapped_column(BigInteger)


class ChangeRow(Base):
    """An entry of a booking's history."""

    __tablename__ = "changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking: Mapped[str] = mapped_column(ForeignKey(BookingRow.id), index=True)
    span: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(String(64))
    what: Mapped[str] = mapped_column(String(32))
    old: Mapped[str | None] = mapped_column(String(200))
    new: Mapped[str | None] = mapped_column(String(200))
    why: Mapped[str | None] = mapped_column(String(200))


class FairUseRow(Base):
    """How much the accounts of a level may book."""

    __tablename__ = "fair_uses"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    longest_seconds: Mapped[int]
    furthest_seconds: Mapped[int]
    booking_count: Mapped[int]
    window_seconds: Mapped[int]
    window_booked_seconds: Mapped[int | None]


class RequestRow(Base):
    """One request for more resources."""

    __tablename__ = "requests"
    __table_args__ = (
        Index(None, "account", "created_at", "id"),
        Index(None, "state", "created_at", "id"),
        Index(None, "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(80))
    why: Mapped[str] = mapped_column(Text)
    cores: Mapped[float] = mapped_column(Double)
    memory_bytes: Mapped[int] = mapped_column(BigInteger)
    disk_bytes: Mapped[int] = mapped_column(BigInteger)
    gpus: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    pool: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    capacity: Mapped[str | None] = mapped_column(ForeignKey(CapacityRow.id, ondelete="SET NULL"))


class AnswerRow(Base):
    """A sentence in the conversation about a request."""

    __tablename__ = "request_answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    request: Mapped[str] = mapped_column(ForeignKey(RequestRow.id, ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)


class FeedRow(Base):
    """The secret address of an account's calendar; only its SHA-256 is kept."""

    __tablename__ = "feeds"

    account: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NoticeRow(Base):
    """A mail that the accounts service has still to be asked to send."""

    __tablename__ = "notices"

    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    """What it is about, such as ``start:SPAN:MOMENT``: nobody is told the same thing twice."""
    account: Mapped[str] = mapped_column(String(64), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    """None: it was sent, and is kept so that it is not written again."""
    tries: Mapped[int]


class BlazarLeaseRow(Base):
    """The lease at Blazar that stands behind a span; what is wanted and what is."""

    __tablename__ = "blazar_leases"

    span: Mapped[str] = mapped_column(ForeignKey(SpanRow.id), primary_key=True)
    lease: Mapped[str | None] = mapped_column(String(64), index=True)
    is_wanted: Mapped[bool]
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    problem: Mapped[str | None] = mapped_column(String(200))
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AdmissionRow(LimitColumns, Base):
    """One session that was let in; its limits are those of its package at that time."""

    __tablename__ = "admissions"
    __table_args__ = (UniqueConstraint("account", "server"), Index(None, "admitted_at", "id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    level: Mapped[int]
    server: Mapped[str] = mapped_column(String(30))
    package: Mapped[str] = mapped_column(String(32))
    sharing: Mapped[str] = mapped_column(String(16))
    pool: Mapped[str] = mapped_column(ForeignKey(PoolRow.name), index=True)
    cluster: Mapped[str] = mapped_column(String(64))
    admitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    booking: Mapped[str | None] = mapped_column(String(32), index=True)
    is_interruptible: Mapped[bool] = mapped_column(server_default=false())
    warned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
