"""Leases at Blazar that stand behind bookings, and what Blazar asks before it makes one."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from aglais_hub.models import AccountName, Model, Moment

__all__ = [
    "BookingLease",
    "LeaseChange",
    "LeaseCheck",
    "LeaseContext",
    "LeaseReservation",
    "LeaseState",
    "LeaseValues",
]


class LeaseState(StrEnum):
    """Where a lease is."""

    WANTED = "wanted"
    """It is to be made, changed or ended."""
    LEASED = "leased"
    """It is at Blazar as the span is booked."""
    REFUSED = "refused"
    """Blazar says no: the booking stays, its machines are not reserved at the cloud."""
    FAILED = "failed"
    """Blazar could not be asked, or could not start it; it is tried again."""


class BookingLease(Model):
    """The lease behind a span of a booking: what is wanted, and what is."""

    span: str
    booking: str
    account: AccountName
    lease: str | None = Field(description="Its id at Blazar; none: there is none")
    is_wanted: bool = Field(title="Wanted", description="Whether the span is still to come, or on")
    starts_at: Moment | None = Field(title="From", description="As it is at Blazar")
    ends_at: Moment | None = Field(title="Up to", description="As it is at Blazar")
    state: LeaseState
    problem: str | None = Field(description="What Blazar said when it was tried last")
    tried_at: Moment | None = Field(title="Tried", description="When that was")


BlazarMoment = Annotated[
    datetime,
    AfterValidator(lambda at: (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)),
]
"""A time of Blazar's: UTC, without saying so."""


class BlazarModel(Model):
    """A value that Blazar makes; it says more than we read, and may say more tomorrow."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class LeaseContext(BlazarModel):
    """Who wants a lease: ids of Keystone."""

    user_id: str = ""
    project_id: str = ""


class LeaseReservation(BlazarModel):
    """Machines in a lease; `allocations` are the hosts that it would take."""

    resource_type: str
    amount: int | None = Field(default=None, ge=0, le=2**20)
    flavor_id: str | None = None
    vcpus: float | None = Field(default=None, ge=0)
    memory_mb: int | None = Field(default=None, ge=0)
    allocations: tuple[dict[str, Any], ...] = ()


class LeaseValues(BlazarModel):
    """A lease as it is, or as somebody wants it."""

    id: str | None = None
    name: str = ""
    project_id: str = ""
    start_date: BlazarMoment
    end_date: BlazarMoment
    reservations: tuple[LeaseReservation, ...] = ()


class LeaseCheck(BlazarModel):
    """Blazar's question, whether a lease may be made; or its word that one has ended."""

    context: LeaseContext
    lease: LeaseValues


class LeaseChange(LeaseCheck):
    """Blazar's question, whether a lease may be changed."""

    current_lease: LeaseValues
