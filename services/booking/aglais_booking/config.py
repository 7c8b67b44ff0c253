"""Configuration of the booking service."""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from aglais_booking.machine import machine_cores, machine_memory_bytes
from aglais_hub.config import ServiceConfig
from aglais_hub.models import Bytes
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
