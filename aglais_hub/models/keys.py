"""SSH keys of accounts, and the clusters that they open."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from aglais_hub.models import AccountName, Model, Moment
from aglais_hub.models.identities import Label

__all__ = [
    "KeyKind",
    "KeySite",
    "PrivateKey",
    "SshGrant",
    "SshGrantRequest",
    "SshKey",
    "SshKeyFetch",
    "SshKeyGeneration",
    "SshKeyRequest",
]


class KeyKind(StrEnum):
    """Where the private half is."""

    AUTHORIZED = "authorized"
    """With its owner: the key opens machines of the platform."""
    GENERATED = "generated"
    """Here, encrypted: the platform acts with it, such as in a sync."""


class KeySite(StrEnum):
    """Where public keys can be fetched by a person's name."""

    GITHUB = "github"
    GITLAB = "gitlab"


class SshKey(Model):
    """An SSH key of an account; its private half is never shown."""

    id: str
    account: AccountName
    kind: KeyKind
    title: str
    algorithm: str
    public: str = Field(description="One line, as in authorized_keys")
    fingerprint: str = Field(description="SHA256:..., as ssh-keygen -l shows it")
    source: str = Field(description="Pasted, generated, or github:NAME")
    created_at: Moment
    last_used_at: Moment | None


class SshKeyRequest(Model):
    """A public key that its owner pasted."""

    public: str = Field(
        min_length=1,
        max_length=16_384,
        title="Public key",
        description="One line: ssh-ed25519 AAAA",
    )
    title: Label | None = Field(default=None, description="None: the key's comment")


class SshKeyFetch(Model):
    """Public keys that a site publishes under a name."""

    site: KeySite
    user: str = Field(
        pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$", title="User there"
    )


class SshKeyGeneration(Model):
    """A new key pair, whose private half stays here."""

    title: Label


class PrivateKey(Model):
    """The private half of a generated key, for the services that act with it."""

    id: str
    account: AccountName
    private: str = Field(description="In OpenSSH's format, not encrypted")


class SshGrantRequest(Model):
    """An account may log in to a cluster's nodes."""

    cluster: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")
    account: AccountName
    expires_at: Moment | None = Field(default=None, description="None: until it is taken back")


class SshGrant(SshGrantRequest):
    """A cluster whose nodes an account may log in to."""
