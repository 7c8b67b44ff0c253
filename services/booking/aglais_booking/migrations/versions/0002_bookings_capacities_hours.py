"""Bookings, capacities, hours.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aglais_hub.database.tables import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DAY = 86_400
FAIR_USES = [
    {
        "level": level,
        "longest_seconds": longest * DAY,
        "furthest_seconds": furthest * DAY,
        "booking_count": count,
        "window_seconds": 30 * DAY,
        "window_booked_seconds": hours and hours * 3600,
    }
    for level, longest, furthest, count, hours in (
        (0, 1, 1, 0, 0),
        (1, 14, 90, 5, 240),
        (2, 62, 365, 20, None),
    )
]
"""What levels may book at first; guests may not book at all."""

REQUEST_ORDERS = (
    ["account", "created_at", "id"],
    ["state", "created_at", "id"],
    ["created_at", "id"],
)
"""How requests are listed."""

OVER = sa.text(
    "excess_millicores > 0 OR excess_memory_bytes > 0 OR excess_disk_bytes > 0 OR excess_gpus > 0"
)


def upgrade() -> None:
    fair_uses = op.create_table(
        "fair_uses",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("longest_seconds", sa.Integer(), nullable=False),
        sa.Column("furthest_seconds", sa.Integer(), nullable=False),
        sa.Column("booking_count", sa.Integer(), nullable=False),
        sa.Column("window_seconds", sa.Integer(), nullable=False),
        sa.Column("window_booked_seconds", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("level", name=op.f("pk_fair_uses")),
    )
    op.create_table(
        "feeds",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_feeds")),
        sa.UniqueConstraint("digest", name=op.f("uq_feeds_digest")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_account"), ["account"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_due_at"), ["due_at"], unique=False)

    op.create_table(
        "bookings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("package", sa.String(length=32), nullable=False),
        sa.Column("sharing", sa.String(length=16), nullable=False),
        sa.Column("environment", sa.String(length=32), nullable=True),
        sa.Column("pool", sa.String(length=32), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=True),
        sa.Column("hardware", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("recurrence", sa.String(length=200), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("frontend_cores", sa.Double(), nullable=False),
        sa.Column("frontend_memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("worker_count", sa.Integer(), nullable=False),
        sa.Column("worker_cores", sa.Double(), nullable=False),
        sa.Column("worker_memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("disk_bytes", sa.BigInteger(), nullable=False),
        sa.Column("gpus", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["pool"], ["pools.name"], name=op.f("fk_bookings_pool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
    )
    with op.batch_alter_table("bookings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_bookings_account_ends_at_id"),
            ["account", "ends_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_bookings_state_ends_at_id"), ["state", "ends_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_bookings_ends_at_id"), ["ends_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bookings_pool"), ["pool"], unique=False)

    op.create_table(
        "capacities",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("pool", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("effect", sa.String(length=16), nullable=False),
        sa.Column("cores", sa.Double(), nullable=False),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("disk_bytes", sa.BigInteger(), nullable=False),
        sa.Column("gpus", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["pool"], ["pools.name"], name=op.f("fk_capacities_pool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capacities")),
    )
    with op.batch_alter_table("capacities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_capacities_pool"), ["pool"], unique=False)

    op.create_table(
        "hours",
        sa.Column("pool", sa.String(length=32), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bookable_millicores", sa.BigInteger(), nullable=False),
        sa.Column("bookable_memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("bookable_disk_bytes", sa.BigInteger(), nullable=False),
        sa.Column("bookable_gpus", sa.BigInteger(), nullable=False),
        sa.Column("reserved_millicores", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved_memory_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved_disk_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved_gpus", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("excess_millicores", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("excess_memory_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("excess_disk_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("excess_gpus", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "reserved_disk_bytes <= bookable_disk_bytes + excess_disk_bytes",
            name=op.f("ck_hours_disk_bytes"),
        ),
        sa.CheckConstraint(
            "reserved_gpus <= bookable_gpus + excess_gpus", name=op.f("ck_hours_gpus")
        ),
        sa.CheckConstraint(
            "reserved_memory_bytes <= bookable_memory_bytes + excess_memory_bytes",
            name=op.f("ck_hours_memory_bytes"),
        ),
        sa.CheckConstraint(
            "reserved_millicores <= bookable_millicores + excess_millicores",
            name=op.f("ck_hours_millicores"),
        ),
        sa.ForeignKeyConstraint(["pool"], ["pools.name"], name=op.f("fk_hours_pool")),
        sa.PrimaryKeyConstraint("pool", "hour", name=op.f("pk_hours")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_hours_over", "hours", ["pool", "hour"], sqlite_where=OVER, postgresql_where=OVER
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking", sa.String(length=32), nullable=False),
        sa.Column("span", sa.String(length=32), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("old", sa.String(length=200), nullable=True),
        sa.Column("new", sa.String(length=200), nullable=True),
        sa.Column("why", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["booking"], ["bookings.id"], name=op.f("fk_changes_booking")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_changes_booking"), ["booking"], unique=False)

    op.create_table(
        "requests",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("cores", sa.Double(), nullable=False),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("disk_bytes", sa.BigInteger(), nullable=False),
        sa.Column("gpus", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("pool", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("capacity", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["capacity"], ["capacities.id"], name=op.f("fk_requests_capacity"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    with op.batch_alter_table("requests", schema=None) as batch_op:
        for columns in REQUEST_ORDERS:
            batch_op.create_index(batch_op.f(f"ix_requests_{'_'.join(columns)}"), columns)

    op.create_table(
        "spans",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("booking", sa.String(length=32), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["booking"], ["bookings.id"], name=op.f("fk_spans_booking")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spans")),
    )
    with op.batch_alter_table("spans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spans_booking"), ["booking"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_spans_state_ends_at"), ["state", "ends_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_spans_state_starts_at"), ["state", "starts_at"], unique=False
        )

    op.create_table(
        "blazar_leases",
        sa.Column("span", sa.String(length=32), nullable=False),
        sa.Column("lease", sa.String(length=64), nullable=True),
        sa.Column("is_wanted", sa.Boolean(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("problem", sa.String(length=200), nullable=True),
        sa.Column("tried_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["span"], ["spans.id"], name=op.f("fk_blazar_leases_span")),
        sa.PrimaryKeyConstraint("span", name=op.f("pk_blazar_leases")),
    )
    with op.batch_alter_table("blazar_leases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blazar_leases_lease"), ["lease"], unique=False)

    op.create_table(
        "holds",
        sa.Column("span", sa.String(length=32), nullable=False),
        sa.Column("pool", sa.String(length=32), nullable=False),
        sa.Column("first_hour", sa.Integer(), nullable=False),
        sa.Column("end_hour", sa.Integer(), nullable=False),
        sa.Column("millicores", sa.BigInteger(), nullable=False),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("disk_bytes", sa.BigInteger(), nullable=False),
        sa.Column("gpus", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pool"], ["pools.name"], name=op.f("fk_holds_pool")),
        sa.ForeignKeyConstraint(["span"], ["spans.id"], name=op.f("fk_holds_span")),
        sa.PrimaryKeyConstraint("span", name=op.f("pk_holds")),
    )
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_holds_end_hour"), ["end_hour"], unique=False)

    op.create_table(
        "request_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request"],
            ["requests.id"],
            name=op.f("fk_request_answers_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_answers")),
    )
    with op.batch_alter_table("request_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_answers_request"), ["request"], unique=False)

    with op.batch_alter_table("admissions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("booking", sa.String(length=32), nullable=True))
        batch_op.add_column(
            sa.Column("is_interruptible", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("warned_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("gpus", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index(batch_op.f("ix_admissions_booking"), ["booking"], unique=False)
        batch_op.drop_index(batch_op.f("ix_admissions_admitted_at"))
        batch_op.create_index(
            batch_op.f("ix_admissions_admitted_at_id"), ["admitted_at", "id"], unique=False
        )

    with op.batch_alter_table("packages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bookable_from_level", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("longest_seconds", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("furthest_seconds", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("bookable_count", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("is_custom", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("gpus", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("pools", schema=None) as batch_op:
        batch_op.add_column(sa.Column("disk_bytes", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("gpus", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column("kept_percent", sa.Integer(), server_default="25", nullable=False)
        )
        batch_op.add_column(sa.Column("site", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("hardware", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("cluster", sa.String(length=32), nullable=True))
        batch_op.add_column(
            sa.Column("source", sa.String(length=16), server_default="hand", nullable=False)
        )
        batch_op.add_column(sa.Column("aggregate", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("reading", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("read_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("read_problem", sa.String(length=300), nullable=True))

    op.bulk_insert(fair_uses, FAIR_USES)
    packages = sa.table(
        "packages",
        *(sa.column(name) for name in ("name", "bookable_from_level", "is_custom")),
    )
    for name, level in (("small", 1), ("medium", 1), ("large", 1), ("custom", 2)):
        op.execute(
            packages.update().where(packages.c.name == name).values(bookable_from_level=level)
        )
    op.execute(packages.update().where(packages.c.name == "custom").values(is_custom=True))
    pools = sa.table("pools", *(sa.column(name) for name in ("name", "cluster")))
    op.execute(pools.update().where(pools.c.name == "embedded").values(cluster="embedded"))


def downgrade() -> None:
    with op.batch_alter_table("pools", schema=None) as batch_op:
        batch_op.drop_column("read_problem")
        batch_op.drop_column("read_at")
        batch_op.drop_column("reading")
        batch_op.drop_column("aggregate")
        batch_op.drop_column("source")
        batch_op.drop_column("cluster")
        batch_op.drop_column("hardware")
        batch_op.drop_column("site")
        batch_op.drop_column("kept_percent")
        batch_op.drop_column("gpus")
        batch_op.drop_column("disk_bytes")

    with op.batch_alter_table("packages", schema=None) as batch_op:
        batch_op.drop_column("gpus")
        batch_op.drop_column("is_custom")
        batch_op.drop_column("bookable_count")
        batch_op.drop_column("furthest_seconds")
        batch_op.drop_column("longest_seconds")
        batch_op.drop_column("bookable_from_level")

    with op.batch_alter_table("admissions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_admissions_admitted_at_id"))
        batch_op.create_index(
            batch_op.f("ix_admissions_admitted_at"), ["admitted_at"], unique=False
        )
        batch_op.drop_index(batch_op.f("ix_admissions_booking"))
        batch_op.drop_column("gpus")
        batch_op.drop_column("warned_at")
        batch_op.drop_column("is_interruptible")
        batch_op.drop_column("booking")

    with op.batch_alter_table("request_answers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_answers_request"))

    op.drop_table("request_answers")
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_holds_end_hour"))

    op.drop_table("holds")
    with op.batch_alter_table("blazar_leases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_blazar_leases_lease"))

    op.drop_table("blazar_leases")
    with op.batch_alter_table("spans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spans_state_starts_at"))
        batch_op.drop_index(batch_op.f("ix_spans_state_ends_at"))
        batch_op.drop_index(batch_op.f("ix_spans_booking"))

    op.drop_table("spans")
    with op.batch_alter_table("requests", schema=None) as batch_op:
        for columns in REQUEST_ORDERS:
            batch_op.drop_index(batch_op.f(f"ix_requests_{'_'.join(columns)}"))

    op.drop_table("requests")
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_changes_booking"))

    op.drop_table("changes")
    op.drop_index("ix_hours_over", table_name="hours")
    op.drop_table("hours")
    with op.batch_alter_table("capacities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_capacities_pool"))

    op.drop_table("capacities")
    with op.batch_alter_table("bookings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bookings_pool"))
        batch_op.drop_index(batch_op.f("ix_bookings_ends_at_id"))
        batch_op.drop_index(batch_op.f("ix_bookings_state_ends_at_id"))
        batch_op.drop_index(batch_op.f("ix_bookings_account_ends_at_id"))

    op.drop_table("bookings")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notices_due_at"))
        batch_op.drop_index(batch_op.f("ix_notices_account"))

    op.drop_table("notices")
    op.drop_table("feeds")
    op.drop_table("fair_uses")
