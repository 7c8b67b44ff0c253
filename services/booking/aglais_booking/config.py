"""Configuration of the booking service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from aglais_booking.machine import machine_cores, machine_memory_bytes
from aglais_hub.config import ServiceConfig
from aglais_hub.models import AccountName, Bytes
from aglais_hub.models.accounts import FOREVER, Level

__all__ = ["BookingConfig"]


def _from_json(given: Any) -> Any:
    return json.loads(given) if isinstance(given, str) else given


def _numbers(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    return () if given.strip() == "none" else tuple(given.replace(",", " ").split())


Hours = Annotated[float, Field(gt=0, le=8760)]
Seconds = Annotated[int, Field(ge=1, le=FOREVER)]


class BookingConfig(ServiceConfig):
    """How large the embedded pool is at first, and how long sessions last."""

    service: ClassVar[str] = "booking"

    embedded_cores: float = Field(
        default_factory=machine_cores,
        gt=0,
        le=2**20,
        description="Cores of the pool 'embedded' when it is made; afterwards edit the pool",
    )
    embedded_memory_bytes: Bytes = Field(
        default_factory=machine_memory_bytes,
        description="Memory of the pool 'embedded' when it is made, bytes; what the platform "
        "itself needs is kept back",
    )
    embedded_core_overcommit: float = Field(
        default=4, ge=1, le=64, description="How many promised cores share a physical one at first"
    )
    session_seconds: Annotated[dict[Level, Seconds], BeforeValidator(_from_json)] = Field(
        default={},
        description='Longest session by level, seconds, as JSON such as {"0": 28800}; '
        "levels that are not named have no end",
    )
    horizon_days: int = Field(
        default=400, ge=1, le=3660, description="How far ahead anything can be booked, days"
    )
    spare_notice_seconds: int = Field(
        default=900,
        ge=0,
        le=FOREVER,
        description="How long before a booking the sessions on spare capacity are told that they "
        "end in whose place it is, seconds",
    )
    warning_seconds: int = Field(
        default=900,
        ge=0,
        le=FOREVER,
        description="How long before its end the owner of a session is told, seconds",
    )
    grace_seconds: int = Field(
        default=600,
        ge=0,
        le=FOREVER,
        description="How long a session may go on after its end where no booking needs its "
        "place, seconds",
    )
    unused_hours: float = Field(
        default=6,
        ge=0,
        le=8760,
        description="Hours without a session after which a booking that is on is given back; "
        "0: never",
    )
    remind_hours: Annotated[tuple[Hours, ...], BeforeValidator(_numbers)] = Field(
        default=(24, 1),
        description="Hours before a booking begins and before it ends at which its owner is "
        "told by mail: `24, 1`; none: nobody is told",
    )
    settle_seconds: int = Field(
        default=600,
        ge=1,
        le=FOREVER,
        description="How long an admission may be without a server at the Hub before it is "
        "taken for lost and released, seconds",
    )
    cloud: str | None = Field(
        default=None,
        description="Cloud of clouds.yaml that pools of this site are machines of; none: no cloud",
    )
    clouds_file: Path | None = Field(
        default=None,
        description="The clouds.yaml, which holds a secret; none: where OpenStack's own tools look",
    )
    cloud_site: str | None = Field(
        default=None, description="Site of the pools that are machines of the cloud; none: its name"
    )
    blazar: Literal["auto", "yes", "no"] = Field(
        default="auto",
        description="Whether reserved bookings at the cloud's site are backed by leases of its "
        "Blazar: 'auto', where its catalog has a reservation service and the size of what is "
        "leased is given; 'yes', and that there is none is a fault; 'no'",
    )
    blazar_resource: Literal["physical:host", "flavor:instance"] = Field(
        default="physical:host", description="What is leased"
    )
    blazar_flavor: str = Field(
        default="", description="Id of the flavor, where 'flavor:instance' is leased"
    )
    blazar_properties: str = Field(
        default="",
        description='What hosts must have, in Blazar\'s words, such as [">=", "$vcpus", "64"]',
    )
    blazar_unit_cores: float | None = Field(
        default=None, gt=0, le=2**20, description="Cores of one host, or server, that is leased"
    )
    blazar_unit_memory_bytes: int | None = Field(
        default=None, gt=0, description="Memory of one host, or server, that is leased, bytes"
    )
    blazar_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Token that the cloud's Blazar sends when it asks whether a lease may be made",
    )
    blazar_accounts: Annotated[dict[str, AccountName], BeforeValidator(_from_json)] = Field(
        default={},
        description="Accounts by Keystone's ids of users or projects that lease at Blazar "
        "themselves, as JSON; others are held to the fair use of level 1",
    )

    @property
    def site(self) -> str | None:
        """Site of the pools that are machines of the cloud."""
        return self.cloud_site or self.cloud

    @model_validator(mode="after")
    def _has_units(self) -> Self:
        """Refuse to lease what is not known to be how large."""
        if self.blazar == "yes" and not self.can_lease:
            message = (
                "blazar=yes needs cloud, blazar_unit_cores and blazar_unit_memory_bytes, and "
                "blazar_flavor to lease flavor:instance"
            )
            raise ValueError(message)
        return self

    @property
    def can_lease(self) -> bool:
        """Whether enough is said to make leases."""
        sizes = self.blazar_unit_cores and self.blazar_unit_memory_bytes
        is_hosts = self.blazar_resource == "physical:host"
        return bool(self.cloud and sizes and (is_hosts or self.blazar_flavor))
