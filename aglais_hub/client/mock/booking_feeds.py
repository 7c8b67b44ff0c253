"""What the booking service in memory knows of calendar feeds."""

from __future__ import annotations

import secrets

from aglais_hub.client.mock.service import Asked, MockService, answers, refused
from aglais_hub.errors import Forbidden, NotFound
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.feeds import Feed, NewFeed

__all__ = ["MockFeeds"]

READ, WRITE = scope("read", "bookings"), scope("write", "bookings")


class MockFeeds(MockService):
    """Feeds; a part of the booking service. Nothing answers at their addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.feeds: dict[str, NewFeed] = {}

    @answers("POST", "feeds", WRITE, status=201)
    def make_feed(self, asked: Asked) -> NewFeed:
        """Make the asker's feed."""
        actor = asked.actor
        actor.require(WRITE, owner=actor.name)
        if actor.kind != "user":
            raise Forbidden(f"{actor.name} is a service; only accounts have a calendar.")
        url = f"http://127.0.0.1:8000/services/booking/feeds/{secrets.token_urlsafe(24)}.ics"
        self.feeds[actor.name] = NewFeed(account=actor.name, created_at=utcnow(), url=url)
        return self.feeds[actor.name]

    @answers("GET", "feeds", READ)
    def list_feeds(self, asked: Asked) -> list[Feed]:
        """List feeds."""
        actor, accounts = asked.actor, asked.query.get_list("account")
        for account in accounts:
            if account != actor.name:
                actor.require(READ, owner=account)
        seen = accounts or (None if actor.holds(READ) else [actor.name])
        return [_known(feed) for name, feed in self.feeds.items() if seen is None or name in seen]

    @answers("GET", "feeds/{account}", READ)
    def feed(self, asked: Asked, account: str) -> Feed:
        """Return an account's feed."""
        asked.actor.require(READ, owner=account)
        return _known(self._feed(account))

    @answers("DELETE", "feeds/{account}", WRITE, status=204)
    def revoke_feed(self, asked: Asked, account: str) -> None:
        """Revoke an account's feed."""
        asked.actor.require(WRITE, owner=account)
        self._feed(account)
        del self.feeds[account]

    def _feed(self, account: str) -> NewFeed:
        if account not in self.feeds:
            raise refused(NotFound, "no-feed", f"{account} has no calendar feed.")
        return self.feeds[account]


def _known(feed: NewFeed) -> Feed:
    return Feed(account=feed.account, created_at=feed.created_at)
