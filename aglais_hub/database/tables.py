"""Column types, and the two tables that every service has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Dialect, Integer, MetaData, String, Table, Text
from sqlalchemy.types import TypeDecorator

__all__ = ["UtcDateTime", "service_metadata"]


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment; SQLite, which forgets the zone, stores and gives back UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What a value is in Python."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a naive time cannot be stored"
            raise ValueError(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give back an aware moment."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints, so that migrations can address them on every database."""


def service_metadata() -> MetaData:
    """Return metadata for one service, with the two tables that every service has.

    `leases` says which replica does a piece of background work, and until when;
    `answers` what a POST with an Idempotency-Key was answered with.
    """
    metadata = MetaData(naming_convention=NAMING)
    Table(
        "leases",
        metadata,
        Column("name", String(64), primary_key=True),
        Column("holder", String(64), nullable=False),
        Column("expires_at", UtcDateTime, nullable=False),
    )
    Table(
        "answers",
        metadata,
        Column("actor", String(80), primary_key=True),
        Column("key", String(128), primary_key=True),
        Column("digest", String(64), nullable=False),
        Column("status", Integer, nullable=False),
        Column("location", String(512)),
        Column("body", Text, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
    )
    return metadata
