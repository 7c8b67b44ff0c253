"""Cases of what is available: the same sentence for the mock and for the service."""

from __future__ import annotations

from typing import Any

from aglais_hub.client import ServiceClients
from aglais_hub.models.availability import AvailabilityRequest
from tests.client.case import Case, Notes

__all__ = ["AVAILABILITY"]

LATER = {"first": "2026-12", "last": "2026-12"}


def asked(method: str, says: str, who: str = "program", **query: Any) -> Case:
    async def act(clients: ServiceClients, _notes: Notes) -> Any:
        return await getattr(clients.booking, method)(AvailabilityRequest(**query))

    return Case(f"booking.{method}", says, act, who)


AVAILABILITY: tuple[Case, ...] = (
    asked("availability", "this week"),
    asked("availability", "a month of some", package=("small", "tiny"), period="next-month"),
    asked("availability", "tomorrow by hours, elsewhere", period="tomorrow", zone="Asia/Kolkata"),
    asked("availability", "by weeks", period="next-month", by="week", who="alice"),
    asked("availability", "a size", cores=1.5, memory_bytes=2**30, sharing="reserved"),
    asked("availability", "a size and a package", cores=4, memory_bytes=2**31, package=("tiny",)),
    asked("availability", "no such hardware", hardware=("gpu",), site="mars"),
    asked("availability", "unknown package", package=("huge",)),
    asked("availability", "unknown zone", zone="Mars/Olympus"),
    asked("availability", "unknown period", period="whenever"),
    asked("availability", "end before start", first="2026-05-02", last="2026-05-01"),
    asked("availability", "too long", first="1980-01-01", last="2180-01-01"),
    asked("availability", "somebody else's", account="bob", who="alice"),
    asked("availability", "without what is not there", without="0"),
    asked("availability_text", "next week", period="next-week"),
    asked("availability_text", "unknown zone", zone="Mars/Olympus"),
)
