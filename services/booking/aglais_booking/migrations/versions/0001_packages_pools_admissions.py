"""Packages, pools, admissions.

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

GIB = 2**30
COLUMNS = (
    "name",
    "title",
    "startable_from_level",
    "default_from_level",
    "frontend_cores",
    "frontend_memory_bytes",
    "worker_count",
    "worker_cores",
    "worker_memory_bytes",
    "disk_bytes",
)
PACKAGES = [
    dict(zip(COLUMNS, values, strict=True))
    for values in (
        ("tiny", "To look around", 0, 0, 1.0, 3 * GIB // 2, 1, 1.0, GIB, GIB),
        ("small", "For everyday work", 1, 1, 1.0, 2 * GIB, 1, 2.0, 2 * GIB, 5 * GIB),
        ("medium", "For larger tables", 2, None, 2.0, 4 * GIB, 2, 2.0, 4 * GIB, 20 * GIB),
        ("large", "For whole catalogues", 2, None, 4.0, 8 * GIB, 4, 4.0, 8 * GIB, 100 * GIB),
        ("custom", "Cut to a project", 2, None, 4.0, 8 * GIB, 4, 4.0, 8 * GIB, 100 * GIB),
    )
]


def upgrade() -> None:
    create_common_tables()
    packages = op.create_table(
        "packages",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("startable_from_level", sa.Integer(), nullable=False),
        sa.Column("default_from_level", sa.Integer(), nullable=True),
        sa.Column("frontend_cores", sa.Double(), nullable=False),
        sa.Column("frontend_memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("worker_count", sa.Integer(), nullable=False),
        sa.Column("worker_cores", sa.Double(), nullable=False),
        sa.Column("worker_memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("disk_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_packages")),
        sa.UniqueConstraint("default_from_level", name=op.f("uq_packages_default_from_level")),
    )
    op.create_table(
        "pools",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("cores", sa.Double(), nullable=False),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("core_overcommit", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pools")),
    )
    op.create_table(
        "admissions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("server", sa.String(length=30), nullable=False),
        sa.Column("package", sa.String(length=32), nullable=False),
        sa.Column("sharing", sa.String(length=16), nullable=False),
        sa.Column("pool", sa.String(length=32), nullable=False),
        sa.Column("cluster", sa.String(length=64), nullable=False),
        sa.Column(
            "admitted_at", aglais_hub.database.tables.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column("until", aglais_hub.database.tables.UtcDateTime(timezone=True), nullable=True),
        sa.Column("frontend_cores", sa.Double(), nullable=False),
        sa.Column("frontend_memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("worker_count", sa.Integer(), nullable=False),
        sa.Column("worker_cores", sa.Double(), nullable=False),
        sa.Column("worker_memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("disk_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pool"], ["pools.name"], name=op.f("fk_admissions_pool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions")),
        sa.UniqueConstraint("account", "server", name=op.f("uq_admissions_account_server")),
    )
    with op.batch_alter_table("admissions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_admissions_admitted_at"), ["admitted_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_admissions_pool"), ["pool"], unique=False)

    op.bulk_insert(packages, PACKAGES)


def downgrade() -> None:
    drop_common_tables()
    with op.batch_alter_table("admissions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_admissions_pool"))
        batch_op.drop_index(batch_op.f("ix_admissions_admitted_at"))

    op.drop_table("admissions")
    op.drop_table("pools")
    op.drop_table("packages")
