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
    settle_seconds: int = Field(
        default=600,
        ge=1,
        le=FOREVER,
        description="How long an admission may be without a server at the Hub before it is "
        "taken for lost and released, seconds",
    )
