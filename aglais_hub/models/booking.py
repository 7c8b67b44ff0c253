"""Packages, pools and the admission of sessions."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from aglais_hub.models import AccountName, Model, Moment, Nickname
from aglais_hub.models.accounts import Level

__all__ = [
    "Admission",
    "AdmissionRequest",
    "Limits",
    "Package",
    "PackageEdit",
    "Pool",
    "PoolEdit",
    "Resources",
    "Sharing",
    "UnitLimits",
]

GIB = 2**30


class UnitLimits(Model):
    """Limits of one unit: the front end, or one Spark worker."""

    cores: PositiveFloat = Field(le=1024, description="Cores")
    memory_bytes: PositiveInt = Field(ge=256 * 2**20, description="Memory, bytes")

    @property
    def memory_gib(self) -> float:
        """Memory in GiB, as notebooks are told it."""
        return self.memory_bytes / GIB


class Resources(Model):
    """A vector of resources that are taken from a pool, or that a pool has."""

    cores: float = Field(ge=0, description="Cores")
    memory_bytes: NonNegativeInt = Field(description="Memory, bytes")


class Limits(Model):
    """What a session may use at most."""

    frontend: UnitLimits
    worker: UnitLimits
    worker_count: PositiveInt = Field(le=256, description="Spark workers")
    disk_bytes: PositiveInt = Field(description="Local disk for Spark, bytes")

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

    title: str = Field(min_length=1, max_length=80)
    limits: Limits
    startable_from_level: Level = Field(description="Lowest level that may start it unbooked")
    is_default_for_level: Level | None = Field(
        default=None, description="Level that gets this package when it asks for none"
    )


class Package(PackageEdit):
    """A named size of a session."""

    name: Nickname


class PoolEdit(Model):
    """What an operator may set on a pool."""

    resources: Resources = Field(description="Physical resources")
    core_overcommit: float = Field(
        ge=1, le=64, description="How many promised cores share a physical one"
    )


class Pool(PoolEdit):
    """Physical resources that sessions are cut from."""

    name: Nickname


class AdmissionRequest(Model):
    """The spawner's question, whether an account may start a package now."""

    account: AccountName
    level: Level
    server: str = Field(default="", max_length=30, description="Name of the Hub server, '' default")
    package: Nickname | None = Field(default=None, description="None: the level's default")


class Admission(Model):
    """Booking's yes: this account may start this package here, until then."""

    id: str
    account: AccountName
    level: Level
    server: str
    package: Nickname
    sharing: Sharing
    cluster: str = Field(description="Where the session goes; 'embedded' is this machine")
    limits: Limits
    admitted_at: Moment
    until: Moment | None = Field(description="End of the session; none: open")
