"""What the booking service in memory knows of leases at a cloud: it has no cloud."""

from __future__ import annotations

from aglais_hub.client.mock.service import Asked, MockService, answers
from aglais_hub.identity import scope
from aglais_hub.models.leases import BookingLease

__all__ = ["MockLeases"]

READ = scope("read", "leases")


class MockLeases(MockService):
    """Leases; a part of the booking service."""

    def __init__(self) -> None:
        super().__init__()
        self.leases: list[BookingLease] = []

    @answers("GET", "leases", READ)
    def list_leases(self, asked: Asked) -> list[BookingLease]:
        """List leases."""
        actor, accounts = asked.actor, asked.query.get_list("account")
        for account in accounts:
            actor.require(READ, owner=account)
        seen = accounts or (None if actor.holds(READ) else [actor.name])
        return [one for one in self.leases if seen is None or one.account in seen]
