"""The first state of the tables that every service has; its first migration calls these.

Later states get functions of their own: what a migration did once, it does for ever.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aglais_hub.database.tables import UtcDateTime

__all__ = ["create_common_tables", "drop_common_tables"]


def create_common_tables() -> None:
    """Make `answers` and `leases`."""
    op.create_table(
        "answers",
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(length=512), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_answers")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )


def drop_common_tables() -> None:
    """Remove both."""
    op.drop_table("leases")
    op.drop_table("answers")
