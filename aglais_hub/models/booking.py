"""Packages, pools and the admission of sessions."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, PositiveInt

from aglais_hub.models import AccountName, Bytes, Model, Moment, Nickname, Nicknames
from aglais_hub.models.accounts import Level

__all__ = [
    "Admission",
    "AdmissionRequest",
    "Limits",
    "Machines",
    "Package",
    "PackageEdit",
    "Pool",
    "PoolEdit",
    "PoolUsage",
    "Resources",
    "Sharing",
    "UnitLimits",
]

GIB = 2**30


class UnitLimits(Model):
    """Limits of one unit: the front end, or one Spark worker."""

    cores: float = Field(ge=0.1, le=1024, description="Cores")
    memory_bytes: int = Field(ge=256 * 2**20, le=2**44, description="Memory, such as 1.5 GiB")

    @property
    def memory_gib(self) -> float:
        """Memory in GiB, as notebooks are told it."""
        return self.memory_bytes / GIB


class Resources(Model):
    """A vector of resources that are taken from a pool, or that a pool has."""

    cores: float = Field(ge=0, allow_inf_nan=False, description="Cores")
    memory_bytes: Bytes = Field(description="Memory, such as 64 GiB")


class Machines(Resources):
    """What the machines of a pool have."""

    cores: float = Field(ge=0, le=2**20, description="Cores")


class Limits(Model):
    """What a session may use at most."""

    frontend: UnitLimits = Field(title="Front end")
    worker: UnitLimits = Field(title="Each Spark worker")
    worker_count: PositiveInt = Field(le=256, title="Spark workers", description="How many")
    disk_bytes: int = Field(ge=1, le=2**50, description="Local disk for Spark, such as 20 GiB")

    @property
    def total(self) -> Resources:
        """All units together."""
        return Resources(
            cores=self.frontend.cores + self.worker_count * self.worker.cores,
            memory_bytes=self.frontend.memory_bytes + self.worker_count * self.worker.memory_bytes,
        )


class Sharing(StrEnum):
    """How a session shares machines with others."""

    SHARED = "shared"
    MANAGED = "managed"
    RESERVED = "reserved"
    CUSTOM = "custom"


class PackageEdit(Model):
    """What an operator may set on a package."""

    title: str = Field(min_length=1, max_length=80, description="What it is for, in a few words")
    limits: Limits
    startable_from_level: Level = Field(
        title="From level", description="Lowest level that may start it unbooked"
    )
    default_from_level: Level | None = Field(
        default=None,
        description="Lowest level that gets it when it asks for no package; "
        "higher ones too, up to the level where another default begins",
    )


class Package(PackageEdit):
    """A named size of a session."""

    name: Nickname

    @property
    def total_cores(self) -> float:
        """Cores of all units together."""
        return self.limits.total.cores

    @property
    def total_memory_bytes(self) -> int:
        """Memory of all units together, bytes."""
        return self.limits.total.memory_bytes


class PoolEdit(Model):
    """What an operator may set on a pool."""

    resources: Machines = Field(title="Machines", description="Physical resources")
    core_overcommit: float = Field(
        ge=1, le=64, description="How many promised cores share a physical one"
    )


class Pool(PoolEdit):
    """Physical resources that sessions are cut from."""

    name: Nickname

    @property
    def promisable(self) -> Resources:
        """What all sessions together may be promised: cores are shared, memory is not."""
        return Resources(
            cores=self.resources.cores * self.core_overcommit,
            memory_bytes=self.resources.memory_bytes,
        )


class PoolUsage(Model):
    """What of a pool is in use."""

    pool: Nickname
    sessions: int = Field(ge=0, description="Sessions admitted and not yet released")
    physical: Resources = Field(description="What the machines have")
    promisable: Resources = Field(description="What may be promised, cores overcommitted")
    promised: Resources = Field(description="What the sessions were promised")
    free: Resources = Field(description="What can still be promised")


class AdmissionRequest(Model):
    """The spawner's question, whether an account may start a package now."""

    account: AccountName
    level: Level
    server: str = Field(default="", max_length=30, description="Name of the Hub server, '' default")
    package: Nickname | None = Field(default=None, description="None: the level's default")
    packages: Nicknames | None = Field(
        default=None,
        description="Those that the account may start; None: what the packages say of its level",
    )
    session_count: int | None = Field(
        default=None, ge=1, description="Sessions that the account may have at once; None: any"
    )


class Admission(Model):
    """Booking's yes: this account may start this package here, until then."""

    id: str
    account: AccountName
    level: Level
    server: str
    package: Nickname
    sharing: Sharing
    pool: Nickname = Field(default="embedded", description="What it is counted against")
    cluster: str = Field(description="Where the session goes; 'embedded' is this machine")
    limits: Limits
    admitted_at: Moment
    until: Moment | None = Field(description="End of the session; none: open")
