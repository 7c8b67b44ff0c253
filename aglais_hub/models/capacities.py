"""Capacity of pools over time, and requests for more of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from aglais_hub.models import AccountName, Bytes, Count, Model, Moment, Nickname, NoneMeans, Why
from aglais_hub.models.booking import Resources

__all__ = [
    "Answer",
    "AnswerRequest",
    "Approval",
    "Capacity",
    "CapacityEdit",
    "CapacityEffect",
    "CapacityRequest",
    "CapacitySource",
    "Refusal",
    "RequestState",
    "ResourceRequest",
    "ResourceRequestForm",
    "Timeline",
    "TimelineSlot",
]

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
Cores = Annotated[float, Field(ge=0, le=2**20, allow_inf_nan=False)]


class CapacityEffect(StrEnum):
    """What an allocation does to a pool."""

    ADDS = "adds"
    REMOVES = "removes"
    """Machines are away, for maintenance."""


class CapacitySource(StrEnum):
    """Where an allocation comes from."""

    HAND = "hand"
    OPENSTACK = "openstack"
    REQUEST = "request"
    BLAZAR = "blazar"
    """Somebody leases machines at the cloud's Blazar without the platform."""


class CapacityEdit(Model):
    """What an operator may set on an allocation."""

    title: Title = Field(description="What it is, such as Nodes from the cloud's summer quota")
    effect: CapacityEffect = CapacityEffect.ADDS
    cores: Cores = Field(description="Cores")
    memory_bytes: Bytes = Field(title="Memory", description="Such as 64 GiB")
    disk_bytes: Bytes = Field(default=0, title="Disk", description="Such as 1 TiB")
    gpus: Count = Field(default=0, title="GPUs")
    starts_at: Moment = Field(title="From", description="In UTC")
    ends_at: Annotated[Moment | None, NoneMeans("it stays")] = Field(
        default=None, title="Up to", description="In UTC"
    )


class CapacityRequest(CapacityEdit):
    """An operator adds an allocation to a pool."""

    pool: Nickname


class Capacity(CapacityRequest):
    """Resources that a pool has, or lacks, for a time: a size, a start and an end."""

    id: str
    source: CapacitySource


class TimelineSlot(Model):
    """A pool for some hours: in each of them at least what is available, at most what is taken."""

    starts_at: Moment
    ends_at: Moment
    physical: Resources = Field(description="What the machines have")
    promisable: Resources = Field(description="What may be promised, cores overcommitted")
    bookable: Resources = Field(description="Of that, what is not kept for walk-ins")
    reserved: Resources = Field(description="What is booked")
    available: Resources = Field(description="What can still be booked: bookable - reserved")
    is_over_capacity: bool = Field(description="More is booked than there is by now")


class Timeline(Model):
    """A pool over time."""

    pool: Nickname
    hours: int = Field(ge=1, description="How long a slot is")
    slots: tuple[TimelineSlot, ...]


class RequestState(StrEnum):
    """Where a request for more resources is."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ResourceRequestForm(Model):
    """Somebody asks for more resources than there are."""

    title: Title = Field(description="In a few words")
    why: Text = Field(title="What for", description="What you want to do, and why it needs this")
    cores: Cores = Field(description="Cores")
    memory_bytes: Bytes = Field(title="Memory", description="Such as 64 GiB")
    disk_bytes: Bytes = Field(default=0, title="Disk", description="Such as 1 TiB")
    gpus: Count = Field(default=0, title="GPUs")
    starts_at: Moment = Field(title="From", description="In UTC")
    ends_at: Moment = Field(title="Up to", description="In UTC")
    pool: Nickname | None = Field(default=None, description="None: wherever there are some")


class Answer(Model):
    """A sentence in the conversation about a request."""

    at: Moment
    by: str = Field(title="By")
    text: str


class ResourceRequest(ResourceRequestForm):
    """A request for more resources, and what became of it."""

    id: str
    account: AccountName
    state: RequestState
    created_at: Moment
    decided_at: Moment | None
    decided_by: str | None
    capacity: str | None = Field(description="The allocation that it became")
    answers: tuple[Answer, ...]


class AnswerRequest(Model):
    """Somebody says something about a request."""

    text: Text = Field(title="Answer")


class Approval(Model):
    """An operator approves: what is given can be less than what was asked for."""

    pool: Nickname
    cores: Cores = Field(description="Cores")
    memory_bytes: Bytes = Field(title="Memory", description="Such as 64 GiB")
    disk_bytes: Bytes = Field(default=0, title="Disk", description="Such as 1 TiB")
    gpus: Count = Field(default=0, title="GPUs")
    starts_at: Moment = Field(title="From", description="In UTC")
    ends_at: Annotated[Moment | None, NoneMeans("it stays")] = Field(
        default=None, title="Up to", description="In UTC"
    )
    text: Text | None = Field(default=None, title="Answer", description="To who asked")


class Refusal(Model):
    """An operator refuses."""

    text: Why = Field(title="Why", description="To who asked")
