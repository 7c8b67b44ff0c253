"""Cases of leases behind bookings: the same sentence for the mock and for the service."""

from __future__ import annotations

from typing import Any

from aglais_hub.client import ServiceClients
from tests.client.case import Case, Notes

__all__ = ["LEASES"]


def asked(says: str, *accounts: str, who: str = "program") -> Case:
    async def act(clients: ServiceClients, _notes: Notes) -> Any:
        return await clients.booking.leases(*accounts)

    return Case("booking.leases", says, act, who)


LEASES: tuple[Case, ...] = (
    asked("all"),
    asked("somebody's", "alice"),
    asked("one's own", who="alice"),
    asked("somebody else's", "bob", who="alice"),
)
