"""Cases of calendar feeds: the same sentence for the mock and for the service."""

from __future__ import annotations

import re
from typing import Any

from aglais_hub.client import ServiceClients
from tests.client.case import Case, Notes

__all__ = ["FEEDS"]

ADDRESS = re.compile(r"http://127\.0\.0\.1:8000/services/booking/feeds/[\w-]{32}\.ics")


async def make(clients: ServiceClients, _notes: Notes) -> Any:
    made = await clients.booking.make_feed()
    assert ADDRESS.fullmatch(made.url)
    return made.model_copy(update={"url": "secret"})


FEEDS: tuple[Case, ...] = (
    Case("booking.feed", "none yet", lambda c, n: c.booking.feed("alice"), "alice"),
    Case("booking.make_feed", "own", make, "alice"),
    Case("booking.make_feed", "again", make, "alice"),
    Case("booking.make_feed", "a service's", make),
    Case("booking.feed", "own", lambda c, n: c.booking.feed("alice"), "alice"),
    Case("booking.feed", "other's", lambda c, n: c.booking.feed("bob"), "alice"),
    Case("booking.feeds", "all", lambda c, n: c.booking.feeds()),
    Case("booking.feeds", "some", lambda c, n: c.booking.feeds("bob", "carol")),
    Case("booking.feeds", "own", lambda c, n: c.booking.feeds(), "alice"),
    Case("booking.feeds", "other's", lambda c, n: c.booking.feeds("bob"), "alice"),
    Case("booking.revoke_feed", "other's", lambda c, n: c.booking.revoke_feed("bob"), "alice"),
    Case("booking.revoke_feed", "one", lambda c, n: c.booking.revoke_feed("alice")),
    Case("booking.revoke_feed", "twice", lambda c, n: c.booking.revoke_feed("alice")),
)
