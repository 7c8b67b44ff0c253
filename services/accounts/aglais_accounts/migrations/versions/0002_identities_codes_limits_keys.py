"""Identities, codes, limits, keys.

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
KEPT = ("notebook_expires_seconds", "temp_expires_seconds", "user_expires_seconds", "session_count")
DEFAULTS = {
    1: {
        "notebook_expires_seconds": 365 * DAY,
        "temp_expires_seconds": 7 * DAY,
        "user_expires_seconds": 180 * DAY,
        "idle_seconds": 365 * DAY,
    },
    2: {
        "temp_expires_seconds": 30 * DAY,
        "user_expires_seconds": 365 * DAY,
        "session_count": 4,
    },
}
"""What levels 1 and n give at first; level 0 loses everything on leaving."""


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.String(length=96), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attempts_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_attempts_bucket"), ["bucket"], unique=False)

    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mails_due_at"), ["due_at"], unique=False)

    op.create_table(
        "signups",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=True),
        sa.Column("guest", sa.String(length=64), nullable=True),
        sa.Column("display_name", sa.String(length=80), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("browser_digest", sa.String(length=64), nullable=True),
        sa.Column("next", sa.String(length=500), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signups")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_signups_code_digest")),
        sa.UniqueConstraint("name", name=op.f("uq_signups_name")),
    )
    with op.batch_alter_table("signups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signups_address"), ["address"], unique=False)
        batch_op.create_index(batch_op.f("ix_signups_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "address_changes",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("old", sa.String(length=254), nullable=True),
        sa.Column("new", sa.String(length=254), nullable=False),
        sa.Column("old_confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("new_confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["accounts.name"],
            name=op.f("fk_address_changes_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_address_changes")),
    )
    with op.batch_alter_table("address_changes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_address_changes_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.Column("why", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.name"], name=op.f("fk_changes_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_changes_account"), ["account"], unique=False)

    op.create_table(
        "codes",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=24), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.name"], name=op.f("fk_codes_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_codes")),
    )
    with op.batch_alter_table("codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_codes_account"), ["account"], unique=False)
        batch_op.create_index(batch_op.f("ix_codes_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "identities",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=254), nullable=False),
        sa.Column("label", sa.String(length=254), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.name"], name=op.f("fk_identities_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("provider", "subject", name=op.f("uq_identities_provider_subject")),
    )
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identities_account"), ["account"], unique=False)

    op.create_table(
        "overrides",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.name"], name=op.f("fk_overrides_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account", "field", name=op.f("pk_overrides")),
    )
    op.create_table(
        "passwords",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.name"], name=op.f("fk_passwords_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_passwords")),
    )
    op.create_table(
        "ssh_grants",
        sa.Column("cluster", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.name"], name=op.f("fk_ssh_grants_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("cluster", "account", name=op.f("pk_ssh_grants")),
    )
    op.create_table(
        "ssh_keys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("algorithm", sa.String(length=64), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.name"], name=op.f("fk_ssh_keys_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ssh_keys")),
        sa.UniqueConstraint("account", "fingerprint", name=op.f("uq_ssh_keys_account_fingerprint")),
    )
    with op.batch_alter_table("ssh_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ssh_keys_account"), ["account"], unique=False)
        batch_op.create_index(batch_op.f("ix_ssh_keys_fingerprint"), ["fingerprint"], unique=False)

    op.create_table(
        "ssh_node_tokens",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("cluster", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ssh_node_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_ssh_node_tokens_digest")),
    )
    with op.batch_alter_table("ssh_node_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ssh_node_tokens_cluster"), ["cluster"], unique=False)

    with op.batch_alter_table("clicks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clicks_address"))
        batch_op.drop_index(batch_op.f("ix_clicks_at"))

    op.drop_table("clicks")
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("display_name", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("last_seen_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("warned_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("mirrored_level", sa.Integer(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_accounts_last_seen_at"), ["last_seen_at"], unique=False
        )

    with op.batch_alter_table("departures", schema=None) as batch_op:
        batch_op.add_column(sa.Column("report", sa.Text(), server_default="[]", nullable=False))

    with op.batch_alter_table("levels", schema=None) as batch_op:
        batch_op.add_column(sa.Column("notebook_expires_seconds", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("temp_expires_seconds", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("user_expires_seconds", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("packages", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(
            sa.Column("bookable_packages", sa.JSON(none_as_null=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("session_count", sa.Integer(), nullable=False, server_default="1")
        )

    levels = sa.table("levels", *map(sa.column, ("level", "idle_seconds", *KEPT)))
    for level, values in DEFAULTS.items():
        op.execute(levels.update().where(levels.c.level == level).values(**values))


def downgrade() -> None:
    with op.batch_alter_table("levels", schema=None) as batch_op:
        batch_op.drop_column("session_count")
        batch_op.drop_column("bookable_packages")
        batch_op.drop_column("packages")
        batch_op.drop_column("user_expires_seconds")
        batch_op.drop_column("temp_expires_seconds")
        batch_op.drop_column("notebook_expires_seconds")

    with op.batch_alter_table("departures", schema=None) as batch_op:
        batch_op.drop_column("report")

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_accounts_last_seen_at"))
        batch_op.drop_column("mirrored_level")
        batch_op.drop_column("warned_at")
        batch_op.drop_column("last_seen_at")
        batch_op.drop_column("display_name")

    op.create_table(
        "clicks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clicks")),
    )
    with op.batch_alter_table("clicks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clicks_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_clicks_address"), ["address"], unique=False)

    with op.batch_alter_table("ssh_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ssh_keys_fingerprint"))
        batch_op.drop_index(batch_op.f("ix_ssh_keys_account"))

    with op.batch_alter_table("ssh_node_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ssh_node_tokens_cluster"))

    op.drop_table("ssh_node_tokens")
    op.drop_table("ssh_keys")
    op.drop_table("ssh_grants")
    op.drop_table("passwords")
    op.drop_table("overrides")
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identities_account"))

    op.drop_table("identities")
    with op.batch_alter_table("codes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_codes_expires_at"))
        batch_op.drop_index(batch_op.f("ix_codes_account"))

    op.drop_table("codes")
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_changes_account"))

    op.drop_table("changes")
    with op.batch_alter_table("address_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_address_changes_expires_at"))

    op.drop_table("address_changes")
    with op.batch_alter_table("signups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signups_expires_at"))
        batch_op.drop_index(batch_op.f("ix_signups_address"))

    op.drop_table("signups")
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mails_due_at"))

    op.drop_table("mails")
    op.drop_table("marks")
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attempts_bucket"))
        batch_op.drop_index(batch_op.f("ix_attempts_at"))

    op.drop_table("attempts")
