"""Spaces and their owners.

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


def upgrade() -> None:
    create_common_tables()
    op.create_table(
        "owners",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_owners")),
        sa.UniqueConstraint("account", name=op.f("uq_owners_account")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "roots",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roots")),
    )
    op.create_table(
        "spaces",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("backend", sa.String(length=16), nullable=False),
        sa.Column("owner_uid", sa.BigInteger(), nullable=False),
        sa.Column("quota_bytes", sa.BigInteger(), nullable=False),
        sa.Column("quota_files", sa.BigInteger(), nullable=False),
        sa.Column("is_settled", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at", aglais_hub.database.tables.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column(
            "changed_at", aglais_hub.database.tables.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column("used_bytes", sa.BigInteger(), nullable=True),
        sa.Column("used_files", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["owners.account"], name=op.f("fk_spaces_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spaces")),
        sa.UniqueConstraint("account", "kind", name=op.f("uq_spaces_account_kind")),
    )
    with op.batch_alter_table("spaces", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spaces_state"), ["state"], unique=False)


def downgrade() -> None:
    drop_common_tables()
    with op.batch_alter_table("spaces", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spaces_state"))

    op.drop_table("spaces")
    op.drop_table("roots")
    op.drop_table("owners")
