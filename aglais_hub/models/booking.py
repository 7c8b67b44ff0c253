"""Packages, pools and the admission of sessions."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, PositiveInt, StringConstraints

from aglais_hub.models import (
    AccountName,
    Bytes,
    Count,
    Model,
    Moment,
    Nickname,
    Nicknames,
    NoneMeans,
)
from aglais_hub.models.accounts import FOREVER, Level

__all__ = [
    "Admission",
    "AdmissionRequest",
    "Limits",
    "Machines",
    "Package",
    "PackageEdit",
    "Pool",
    "PoolEdit",
    "PoolRequest",
    "PoolSource",
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
    disk_bytes: Annotated[Bytes | None, NoneMeans("not counted")] = Field(
        default=None, description="Local disk, such as 1 TiB"
    )
    gpus: Count = Field(default=0, title="GPUs")


class Machines(Resources):
    """What the machines of a pool have."""

    cores: float = Field(ge=0, le=2**20, description="Cores")


class Limits(Model):
    """What a session may use at most."""

    frontend: UnitLimits = Field(title="Front end")
    worker: UnitLimits = Field(title="Each Spark worker")
    worker_count: PositiveInt = Field(le=256, title="Spark workers", description="How many")
    disk_bytes: int = Field(ge=1, le=2**50, description="Local disk for Spark, such as 20 GiB")
    gpus: int = Field(default=0, ge=0, le=64, title="GPUs")

    @property
    def total(self) -> Resources:
        """All units together."""
        return Resources(
            cores=self.frontend.cores + self.worker_count * self.worker.cores,
            memory_bytes=self.frontend.memory_bytes + self.worker_count * self.worker.memory_bytes,
            disk_bytes=self.disk_bytes,
            gpus=self.gpus,
        )


class Sharing(StrEnum):
    """How a session shares machines with others."""

    SHARED = "shared"
    MANAGED = "managed"
    RESERVED = "reserved"
    CUSTOM = "custom"


Aggregate = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]

AnyTime = Annotated[
    Annotated[int, Field(ge=1, le=FOREVER)] | None, NoneMeans("what the level's fair use says")
]
AnyCount = Annotated[
    Annotated[int, Field(ge=1, le=10_000)] | None, NoneMeans("what the level's fair use says")
]


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
    bookable_from_level: Level | None = Field(
        default=None, title="Bookable from level", description="Lowest level that may book it"
    )
    longest_seconds: AnyTime = Field(
        default=None, title="Longest booking", description="Such as 14 d"
    )
    furthest_seconds: AnyTime = Field(
        default=None, title="Furthest booking", description="How far ahead it may start"
    )
    bookable_count: AnyCount = Field(
        default=None, title="Bookings at once", description="Of one account, not yet ended"
    )
    is_custom: bool = Field(
        default=False,
        title="Size is chosen",
        description="Who books it chooses its size, up to these limits",
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


class PoolSource(StrEnum):
    """Where it is read what the machines of a pool have."""

    HAND = "hand"
    """An operator says it."""
    HOSTS = "hosts"
    """OpenStack's Placement says what its hosts have."""
    QUOTA = "quota"
    """OpenStack's Nova says what the project may use."""


class PoolEdit(Model):
    """What an operator may set on a pool."""

    resources: Machines = Field(title="Machines", description="Physical resources")
    core_overcommit: float = Field(
        ge=1, le=64, description="How many promised cores share a physical one"
    )
    kept_percent: int = Field(
        default=25,
        ge=0,
        le=100,
        title="Kept for walk-ins",
        description="Percent that cannot be booked: it is for sessions without a booking",
    )
    site: Nickname | None = Field(default=None, description="Where its machines are")
    hardware: Nicknames = Field(default=(), description="What they have, such as gpu, ssd")
    source: PoolSource = Field(
        default=PoolSource.HAND,
        title="Machines are known",
        description="hand: as entered here; hosts: from OpenStack, what its hosts have; quota: "
        "from OpenStack, what the project may use",
    )
    aggregate: Aggregate | None = Field(
        default=None, description="Of the hosts, those in this aggregate of Nova; none: all"
    )


class PoolRequest(PoolEdit):
    """An operator makes a pool."""

    name: Nickname


class Pool(PoolRequest):
    """Physical resources that sessions are cut from."""

    cluster: Nickname | None = Field(
        default=None, description="Where its sessions run; none: nothing can be started there yet"
    )
    reading: str | None = Field(
        default=None, title="Last reading", description="What OpenStack said, in words"
    )
    read_at: Moment | None = Field(
        default=None, title="Last read", description="When OpenStack last said what there is"
    )
    read_problem: str | None = Field(
        default=None, title="Why not since", description="What is wrong with reading it now"
    )

    observed: ClassVar[frozenset[str]] = frozenset({"reading", "read_at", "read_problem"})

    @property
    def promisable(self) -> Resources:
        """What all sessions together may be promised: cores are shared, memory is not."""
        return Resources(
            cores=self.resources.cores * self.core_overcommit,
            memory_bytes=self.resources.memory_bytes,
            disk_bytes=self.resources.disk_bytes,
            gpus=self.resources.gpus,
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
    booking: str | None = Field(
        default=None,
        max_length=32,
        description="A certain booking; None: one that is on, if the account has one",
    )
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
    booking: str | None = Field(default=None, description="The booking that it is for")
    is_interruptible: bool = Field(
        default=False,
        title="On spare capacity",
        description="It ends, after a warning, when a booking needs its place",
    )
    warned_at: Moment | None = Field(
        default=None, title="Warned", description="When its owner was told that it ends"
    )
