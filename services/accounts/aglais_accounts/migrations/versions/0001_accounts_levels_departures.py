"""Accounts, levels, departures.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import aglais_hub.database.tables
from aglais_hub.database.common import create_common_tables, drop_common_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MIB, GIB = 2**20, 2**30
COLUMNS = (
    "level",
    "notebook_count",
    "notebook_bytes",
    "temp_bytes",
    "temp_files",
    "user_bytes",
    "user_files",
    "lifetime_seconds",
    "idle_seconds",
)
LEVELS = [
    dict(zip(COLUMNS, values, strict=True))
    for values in (
        (0, 20, 16 * MIB, GIB, 10_000, 0, 0, 8 * 3600, 1800),
        (1, 200, 256 * MIB, 5 * GIB, 100_000, 10 * GIB, 100_000, None, None),
        (2, 1000, GIB, 20 * GIB, 1_000_000, 50 * GIB, 1_000_000, None, None),
    )
]


def upgrade() -> None:
    create_common_tables()
    op.create_table(
        "accounts",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column(
            "created_at", aglais_hub.database.tables.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column(
            "expires_at", aglais_hub.database.tables.UtcDateTime(timezone=True), nullable=True
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_accounts")),
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounts_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_accounts_level"), ["level"], unique=False)

    op.create_table(
        "clicks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", aglais_hub.database.tables.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clicks")),
    )
    with op.batch_alter_table("clicks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clicks_address"), ["address"], unique=False)
        batch_op.create_index(batch_op.f("ix_clicks_at"), ["at"], unique=False)

    op.create_table(
        "departures",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column(
            "requested_at", aglais_hub.database.tables.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column("steps_done", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_departures")),
    )
    levels = op.create_table(
        "levels",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("notebook_count", sa.Integer(), nullable=False),
        sa.Column("notebook_bytes", sa.BigInteger(), nullable=False),
        sa.Column("temp_bytes", sa.BigInteger(), nullable=False),
        sa.Column("temp_files", sa.Integer(), nullable=False),
        sa.Column("user_bytes", sa.BigInteger(), nullable=False),
        sa.Column("user_files", sa.Integer(), nullable=False),
        sa.Column("lifetime_seconds", sa.Integer(), nullable=True),
        sa.Column("idle_seconds", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("level", name=op.f("pk_levels")),
    )
    op.bulk_insert(levels, LEVELS)


def downgrade() -> None:
    drop_common_tables()
    op.drop_table("levels")
    op.drop_table("departures")
    with op.batch_alter_table("clicks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clicks_at"))
        batch_op.drop_index(batch_op.f("ix_clicks_address"))

    op.drop_table("clicks")
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_accounts_level"))
        batch_op.drop_index(batch_op.f("ix_accounts_expires_at"))

    op.drop_table("accounts")
