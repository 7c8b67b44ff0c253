"""Fair use: how much an account of a level may book."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveInt

from aglais_hub.models import Count, Model, NoneMeans
from aglais_hub.models.accounts import FOREVER, Level

__all__ = ["FairUse", "FairUseEdit"]

Seconds = Annotated[PositiveInt, Field(le=FOREVER)]
AnyLength = Annotated[Annotated[int, Field(ge=0, le=FOREVER)] | None, NoneMeans("no bound")]


class FairUseEdit(Model):
    """What an operator may set for the accounts of a level."""

    longest_seconds: Seconds = Field(title="Longest span", description="Such as 14 d")
    furthest_seconds: Seconds = Field(
        title="Furthest start", description="How far ahead a span may start, such as 90 d"
    )
    booking_count: Count = Field(
        title="Bookings at once", description="Not yet ended; 0: the level may not book"
    )
    window_seconds: Seconds = Field(
        title="Window", description="Booked time is counted in any window so long, such as 30 d"
    )
    window_booked_seconds: AnyLength = Field(
        title="Booked in a window", description="All spans together, such as 240 h"
    )


class FairUse(FairUseEdit):
    """Fair use of a level."""

    level: Level
