"""What becomes of what an account had here when it leaves."""

from __future__ import annotations

from aglais_booking.managers.base import WRITE_BOOKINGS, BookingsManager
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow

__all__ = ["DepartureManager"]

GIVEN = "Given on request"
"""Title of what was given to somebody who has left."""


class DepartureManager(BookingsManager):
    """Gives back what is booked, and erases whose it was."""

    async def erase(self, actor: Actor, account: str) -> None:
        """Give back what an account has booked, and forget who it was; again is no error.

        Times and sizes of its bookings stay, under no name, for who plans the machines; so do the
        resources that it was given on request. Feeds, requests and mails go.
        """
        actor.require(WRITE_BOOKINGS)
        async with self.writing() as stores:
            for pool in await stores.departures.pools_of(account):
                await stores.pools.lock(pool)
            given_back = await stores.departures.give_back(account, utcnow())
            await stores.requests.forget(account, GIVEN)
            await stores.feeds.remove(account)
            await stores.notices.forget(account)
            count = await stores.departures.forget(account)
        facts = {"account": account, "bookings": count, "given_back": given_back}
        self.events.publish("booking.erased", **facts, by=actor.name)
