"""SSH keys of accounts, and the clusters that they open."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, StringConstraints

from aglais_hub.models import AccountName, Model, Moment
from aglais_hub.models.identities import Label

__all__ = [
    "ClusterName",
    "FoundKey",
    "FoundState",
    "KeyKind",
    "KeySite",
    "NewNodeToken",
    "NodeToken",
    "NodeTokenEdit",
    "NodeTokenRequest",
    "PrivateKey",
    "SshGrant",
    "SshGrantEdit",
    "SshGrantRequest",
    "SshKey",
    "SshKeyEdit",
    "SshKeyFetch",
    "SshKeyGeneration",
    "SshKeyRequest",
]

ClusterName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
"""Name of a cluster."""


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

    @property
    def word(self) -> str:
        """What people call it."""
        return {KeySite.GITHUB: "GitHub", KeySite.GITLAB: "GitLab"}[self]


class SshKey(Model):
    """An SSH key of an account; its private half is never shown."""

    id: str
    account: AccountName
    kind: KeyKind
    title: str
    algorithm: str
    public: str = Field(title="Public key", description="One line, as in authorized_keys")
    fingerprint: str = Field(description="SHA256:..., as ssh-keygen -l shows it")
    source: str = Field(description="Pasted, generated, or github:NAME")
    created_at: Moment
    last_used_at: Moment | None = Field(
        title="Last use", description="When a node or a service last asked for it"
    )

    observed: ClassVar[frozenset[str]] = frozenset({"last_used_at"})


class SshKeyRequest(Model):
    """A public key that its owner pasted."""

    public: str = Field(
        min_length=1,
        max_length=16_384,
        title="Public key",
        description="One line: ssh-ed25519 AAAA",
    )
    title: Label | None = Field(default=None, description="None: the key's comment")


class SshKeyEdit(Model):
    """What of a key can be changed: only what it is called."""

    title: Label


def _words(given: Any) -> Any:
    """Let a form say several fingerprints in one field."""
    return tuple(given.split()) if isinstance(given, str) else given


Fingerprint = Annotated[str, StringConstraints(pattern=r"^SHA256:[A-Za-z0-9+/]{43}$")]


class SshKeyFetch(Model):
    """Public keys that a site publishes under a name."""

    site: KeySite
    user: str = Field(
        pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$", title="User there"
    )
    fingerprints: Annotated[
        tuple[Fingerprint, ...] | None, Field(max_length=100), BeforeValidator(_words)
    ] = Field(default=None, description="Those that are to be added; none: all that are new")


class FoundState(StrEnum):
    """What becomes of a key that a site publishes."""

    NEW = "new"
    KNOWN = "known"
    REFUSED = "refused"


class FoundKey(Model):
    """A key that a site publishes, and whether it would be added."""

    state: FoundState
    algorithm: str | None = Field(description="None: it could not be read")
    fingerprint: str | None
    why: str | None = Field(description="Why it is refused")


class SshKeyGeneration(Model):
    """A new key pair, whose private half stays here."""

    title: Label


class PrivateKey(Model):
    """The private half of a generated key, for the services that act with it."""

    id: str
    account: AccountName
    private: str = Field(repr=False, description="In OpenSSH's format, not encrypted")


Until = Annotated[
    Moment | None,
    Field(title="Until", description="Such as 2030-12-24T18:00Z; none: until it is taken back"),
]


class SshGrantEdit(Model):
    """Until when somebody may log in to a cluster's nodes."""

    expires_at: Until = None


class SshGrantRequest(Model):
    """An account may log in to a cluster's nodes."""

    cluster: ClusterName
    account: AccountName
    expires_at: Until = None


class SshGrant(SshGrantRequest):
    """A cluster whose nodes an account may log in to."""

    @property
    def place(self) -> str:
        """The last parts of its URL."""
        return f"{self.cluster}/{self.account}"


class NodeTokenRequest(Model):
    """The nodes of a cluster are to ask who may log in."""

    cluster: ClusterName
    title: Label = Field(description="Who holds it, such as the node's name")


class NodeTokenEdit(Model):
    """What of a node's token can be changed: only what it is called."""

    title: Label


class NodeToken(NodeTokenRequest):
    """What nodes of one cluster show when they ask who may log in there, and nowhere else."""

    id: str
    created_at: Moment
    last_used_at: Moment | None = Field(title="Last use")

    observed: ClassVar[frozenset[str]] = frozenset({"last_used_at"})


class NewNodeToken(NodeToken):
    """A token as it is told once, to who asked for it."""

    token: str = Field(repr=False)
