"""Tables of the accounts service."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from aglais_hub.database import UtcDateTime, service_metadata

__all__ = [
    "AccountRow",
    "AddressChangeRow",
    "AttemptRow",
    "Base",
    "ChangeRow",
    "CodeRow",
    "DepartureRow",
    "IdentityRow",
    "LevelRow",
    "MailRow",
    "MarkRow",
    "OverrideRow",
    "PasswordRow",
    "SignupRow",
    "SshGrantRow",
    "SshKeyRow",
    "SshNodeTokenRow",
]


class Base(DeclarativeBase):
    """All tables of this service."""

    metadata = service_metadata()


def _owner() -> Mapped[str]:
    """Return a column that names an account, and goes with it."""
    return mapped_column(ForeignKey("accounts.name", ondelete="CASCADE"), index=True)


class LevelRow(Base):
    """What a level gives."""

    __tablename__ = "levels"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    notebook_count: Mapped[int]
    notebook_bytes: Mapped[int] = mapped_column(BigInteger)
    notebook_expires_seconds: Mapped[int | None]
    temp_bytes: Mapped[int] = mapped_column(BigInteger)
    temp_files: Mapped[int]
    temp_expires_seconds: Mapped[int | None]
    user_bytes: Mapped[int] = mapped_column(BigInteger)
    user_files: Mapped[int]
    user_expires_seconds: Mapped[int | None]
    packages: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    bookable_packages: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    session_count: Mapped[int] = mapped_column(server_default="1")
    lifetime_seconds: Mapped[int | None]
    idle_seconds: Mapped[int | None]


class AccountRow(Base):
    """One account."""

    __tablename__ = "accounts"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    level: Mapped[int] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(16))
    display_name: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    warned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When its owner was last told by mail that it will go."""
    mirrored_level: Mapped[int | None]
    """Level that the Hub's groups were last told; another one than `level`: to be told."""


class OverrideRow(Base):
    """A limit that was set for one account of level n, instead of the level's."""

    __tablename__ = "overrides"

    account: Mapped[str] = mapped_column(
        ForeignKey("accounts.name", ondelete="CASCADE"), primary_key=True
    )
    field: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    """As JSON."""


class ChangeRow(Base):
    """Something that somebody changed about an account: who, what, when, why."""

    __tablename__ = "changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = _owner()
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(String(80))
    field: Mapped[str] = mapped_column(String(40))
    old: Mapped[str | None] = mapped_column(Text)
    new: Mapped[str | None] = mapped_column(Text)
    why: Mapped[str | None] = mapped_column(String(200))


class AttemptRow(Base):
    """Something that may be done only so often: a guest let in, a password tried."""

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    bucket: Mapped[str] = mapped_column(String(96), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class IdentityRow(Base):
    """What an account logs in with."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("provider", "subject"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account: Mapped[str] = _owner()
    provider: Mapped[str] = mapped_column(String(32))
    """``email``, or the name of an OAuth provider."""
    subject: Mapped[str] = mapped_column(String(254))
    """The confirmed address, in lower case; or the provider's own name for the person."""
    label: Mapped[str] = mapped_column(String(254))
    """For people: the address, or what the provider calls the person."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PasswordRow(Base):
    """The password of an account, as argon2id hash."""

    __tablename__ = "passwords"

    account: Mapped[str] = mapped_column(
        ForeignKey("accounts.name", ondelete="CASCADE"), primary_key=True
    )
    hash: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignupRow(Base):
    """Somebody who has still to confirm an e-mail address."""

    __tablename__ = "signups"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    address: Mapped[str] = mapped_column(String(254), index=True)
    code_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    """None: the address has an account already, which only its owner is told, by mail."""
    name: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Name that is kept for the new account until this expires."""
    guest: Mapped[str | None] = mapped_column(String(64))
    """Account of level 0 that is to become of level 1."""
    display_name: Mapped[str | None] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(String(200))
    browser_digest: Mapped[str | None] = mapped_column(String(64))
    next: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class CodeRow(Base):
    """A secret that works once, for one purpose and a limited time; only its digest is kept."""

    __tablename__ = "codes"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(24))
    account: Mapped[str | None] = mapped_column(
        ForeignKey("accounts.name", ondelete="CASCADE"), index=True
    )
    payload: Mapped[str] = mapped_column(Text)
    """As JSON; what it is depends on the purpose."""
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class AddressChangeRow(Base):
    """An account that moves to another e-mail address, once both are confirmed."""

    __tablename__ = "address_changes"

    account: Mapped[str] = mapped_column(
        ForeignKey("accounts.name", ondelete="CASCADE"), primary_key=True
    )
    old: Mapped[str | None] = mapped_column(String(254))
    new: Mapped[str] = mapped_column(String(254))
    old_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    new_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class MarkRow(Base):
    """A moment that background work remembers from one round to the next."""

    __tablename__ = "marks"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class MailRow(Base):
    """A mail that has still to be sent; its text, which may hold a code, is encrypted."""

    __tablename__ = "mails"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    tries: Mapped[int] = mapped_column(default=0)


class SshKeyRow(Base):
    """An SSH key of an account."""

    __tablename__ = "ssh_keys"
    __table_args__ = (UniqueConstraint("account", "fingerprint"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account: Mapped[str] = _owner()
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(80))
    algorithm: Mapped[str] = mapped_column(String(64))
    public: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(String(64), index=True)
    private: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The private half, encrypted; only of generated keys."""
    source: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SshGrantRow(Base):
    """A cluster whose nodes an account may log in to."""

    __tablename__ = "ssh_grants"

    cluster: Mapped[str] = mapped_column(String(64), primary_key=True)
    account: Mapped[str] = mapped_column(
        ForeignKey("accounts.name", ondelete="CASCADE"), primary_key=True
    )
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SshNodeTokenRow(Base):
    """A secret with which the nodes of one cluster ask who may log in; its digest is kept."""

    __tablename__ = "ssh_node_tokens"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    cluster: Mapped[str] = mapped_column(String(64), index=True)
    title: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DepartureRow(Base):
    """Somebody on the way out; the row goes last, when nothing else is left."""

    __tablename__ = "departures"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(200))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    steps_done: Mapped[int] = mapped_column(default=0)
    report: Mapped[str] = mapped_column(Text, server_default="[]")
    """What is gone so far, as JSON."""
