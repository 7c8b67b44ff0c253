"""Calendar feeds: URLs of the API, the page on which one is made, and the calendars themselves."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from aglais_booking.handlers.base import BookingApi
from aglais_booking.managers import Managers
from aglais_booking.managers.base import READ_BOOKINGS, WRITE_BOOKINGS
from aglais_booking.refusals import NoFeedError
from aglais_hub.errors import AglaisError
from aglais_hub.models import Model
from aglais_hub.models.feeds import Feed, NewFeed
from aglais_hub.operations import Operation, operation
from aglais_hub.service import Route
from aglais_hub.web.api import BaseHandler
from aglais_hub.web.pages import PageHandler

__all__ = ["ROUTES"]

log = logging.getLogger(__name__)


class Feeds(BookingApi):
    """All feeds."""

    @operation(
        Operation(
            "List who has a calendar feed",
            READ_BOOKINGS,
            returns=Feed,
            many=True,
            query=("account",),
        )
    )
    async def get(self) -> Sequence[Model]:
        """List them; their addresses are secret."""
        accounts = self.named("account")
        return self.listed(*await self.manager.feeds.page(self.actor, *self.window(), accounts))

    @operation(
        Operation(
            "Make the asker's calendar feed, instead of the one before; its address is told once",
            WRITE_BOOKINGS,
            returns=NewFeed,
            status=201,
            is_secret=True,
        )
    )
    async def post(self) -> NewFeed:
        """Make it."""
        feed = await self.manager.feeds.make(self.actor)
        self.created("feeds", feed.account)
        return feed


class OneFeed(BookingApi):
    """An account's feed."""

    @operation(
        Operation("Return whether an account has a calendar feed", READ_BOOKINGS, returns=Feed)
    )
    async def get(self, account: str) -> Feed:
        """Return it."""
        return await self.manager.feeds.get(self.actor, account)

    @operation(Operation("Revoke an account's calendar feed", WRITE_BOOKINGS, status=204))
    async def delete(self, account: str) -> None:
        """Revoke it."""
        await self.manager.feeds.revoke(self.actor, account)


class FeedPage(PageHandler):
    """One's own feed: made, renewed and revoked; its address is shown once."""

    manager: Managers
    title, is_tab, read_scope = "Calendar feed", True, READ_BOOKINGS

    async def get(self) -> None:
        """Show whether there is one."""
        self._show(await self._feed())

    async def post(self) -> None:
        """Make or revoke it."""
        if self.get_body_argument("revoke", ""):
            try:
                await self.manager.feeds.revoke(self.actor, self.actor.name)
            except NoFeedError:
                log.info("%s revoked a feed that was gone", self.actor.name)
            self.see_other("calendar-feed")
            return
        # No redirect: the address is in no URL, and nowhere once the page is left.
        made = await self.manager.feeds.make(self.actor)
        self._show(made, url=made.url)

    async def _feed(self) -> Feed | None:
        try:
            return await self.manager.feeds.get(self.actor, self.actor.name)
        except NoFeedError:
            return None

    def _show(self, feed: Feed | None, url: str | None = None) -> None:
        self.page("own/calendar_feed.html", title=self.title, feed=feed, url=url)


class FeedFile(BaseHandler):
    """The calendar itself: calendar programs log in nowhere, its address is the secret."""

    manager: Managers

    def set_default_headers(self) -> None:
        """Let the address go nowhere from here."""
        super().set_default_headers()
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Robots-Tag", "noindex")

    async def get(self, file: str) -> None:
        """Answer the calendar."""
        text = await self.manager.feeds.calendar(file.removesuffix(".ics"))
        self.set_header("Content-Type", "text/calendar; charset=utf-8")
        self.set_header("Content-Disposition", 'inline; filename="bookings.ics"')
        self.finish(text)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what is our fault, without the address."""
        if not isinstance(value, AglaisError):
            log.error("A calendar could not be given", exc_info=(typ, value, tb))


ROUTES = (
    Route("api/feeds", Feeds),
    Route("api/feeds/{account}", OneFeed),
    Route("calendar-feed", FeedPage),
    Route("feeds/{file}", FeedFile),
)
