"""Calendar feeds: who has one, and what is in it."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta
from hashlib import sha256

from aglais_booking.managers.base import READ_BOOKINGS, WRITE_BOOKINGS, BookingsManager
from aglais_booking.refusals import NoFeedError
from aglais_booking.rules.ics import booking_calendar
from aglais_hub.errors import Forbidden
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.feeds import Feed, NewFeed

__all__ = ["FeedManager"]

SECRET_BYTES = 24
"""192 bits: nobody guesses it."""

KEPT = timedelta(days=90)
"""How long what is over stays in the calendar."""


class FeedManager(BookingsManager):
    """Decides on feeds. The secret in the address is kept as its SHA-256 only."""

    async def make(self, actor: Actor) -> NewFeed:
        """Make the asker's feed; one that was there before stops working.

        Raises
        ------
        Forbidden
            The asker is a service, which has no bookings of its own.
        """
        actor.require(WRITE_BOOKINGS, owner=actor.name)
        if actor.kind != "user":
            raise Forbidden(f"{actor.name} is a service; only accounts have a calendar.")
        secret = secrets.token_urlsafe(SECRET_BYTES)
        feed = Feed(account=actor.name, created_at=utcnow())
        async with self.writing() as stores:
            await stores.feeds.put(feed, _digest(secret))
        self.events.publish("feed.made", account=feed.account)
        return NewFeed(**dict(feed), url=self._link(f"feeds/{secret}.ics"))

    async def page(
        self, actor: Actor, offset: int, limit: int, accounts: Collection[str] = ()
    ) -> tuple[list[Feed], int]:
        """Return the feeds of all whom the actor may see, or of those named."""
        for account in accounts:
            if account != actor.name:
                actor.require(READ_BOOKINGS, owner=account)
        seen = accounts or (None if actor.holds(READ_BOOKINGS) else [actor.name])
        async with self.reading() as stores:
            return await stores.feeds.page(offset, limit, seen)

    async def get(self, actor: Actor, account: str) -> Feed:
        """Return that an account has a feed, and since when.

        Raises
        ------
        NoFeedError
            It has none.
        """
        actor.require(READ_BOOKINGS, owner=account)
        async with self.reading() as stores:
            feed = await stores.feeds.get(account)
        if feed is None:
            raise NoFeedError(f"{account} has no calendar feed.")
        return feed

    async def revoke(self, actor: Actor, account: str) -> None:
        """Let nobody read an account's feed any more.

        Raises
        ------
        NoFeedError
            It has none.
        """
        actor.require(WRITE_BOOKINGS, owner=account)
        async with self.writing() as stores:
            if not await stores.feeds.remove(account):
                raise NoFeedError(f"{account} has no calendar feed.")
        self.events.publish("feed.revoked", account=account, by=actor.name)

    async def calendar(self, secret: str) -> str:
        """Return the calendar at a secret address; whoever knows it may see it.

        Raises
        ------
        NoFeedError
            There is none, or none any more: it does not say which.
        """
        now = utcnow()
        async with self.reading() as stores:
            account = await stores.feeds.account_of(_digest(secret))
            if account is None:
                raise NoFeedError("There is no calendar at this address.")
            bookings = await stores.bookings.ending_after(account, now - KEPT)
        return booking_calendar(account, bookings, now, self._link)

    def _link(self, path: str) -> str:
        return self.config.link(f"/services/booking/{path}")


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
