"""The form that books, beside the calendar and on a page of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from aglais_booking.managers import Managers
from aglais_booking.managers.base import WRITE_BOOKINGS
from aglais_booking.rules.booking import is_bookable
from aglais_booking.views.booking_form import BookingForm, in_one
from aglais_hub.calendar import UnknownZoneError, zone_named
from aglais_hub.errors import (
    AglaisError,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    TooManyRequests,
    Unavailable,
)
from aglais_hub.identity import Actor
from aglais_hub.models.booking import Package
from aglais_hub.models.bookings import BookingRequest
from aglais_hub.web.pages import PageHandler

__all__ = ["REFUSALS", "ZONE_COOKIE", "BooksPage", "check_any", "viewer_zone"]

REFUSALS = (InvalidRequest, Conflict, Forbidden, NotFound, TooManyRequests, Unavailable)
"""What is told above the form, with what was typed; anything else is a page of its own."""

ZONE_COOKIE = "aglais-zone"
"""Set by a script to the browser's own zone, or by the calendar to the one that was chosen."""


def check_any(actor: Actor, scope: str) -> None:
    """Refuse who holds a scope for nobody's things, whatever it asks for.

    Raises
    ------
    Forbidden
        It names the scope.
    """
    if not actor.holds_any(scope):
        raise Forbidden(f"{actor.name} needs the scope {scope}.")


class BooksPage(PageHandler):
    """A page that has the form; a subclass shows it."""

    manager: Managers
    model = BookingRequest
    typed: Mapping[str, str] = MappingProxyType({})
    """What was sent, before it is made into what the API has."""

    async def show(self, problem: AglaisError | None = None) -> None:
        """Show the page, with what is wrong with what was typed."""
        raise NotImplementedError

    async def get(self) -> None:
        """Show it."""
        await self.show()

    async def post(self) -> None:
        """Book, and show the booking; or the form again."""
        self.typed = self._typed()
        try:
            check_any(self.actor, WRITE_BOOKINGS)
            request = await self._request()
            await self.manager.bookings.prepare(self.actor, request)
            await self.once(lambda: self._book(request))
        except REFUSALS as problem:
            self.set_status(problem.status)
            await self.show(problem)

    async def _book(self, request: BookingRequest) -> str:
        booking = await self.manager.bookings.create(self.actor, request)
        return f"{self.url('bookings', booking.id)}?did=booked"

    async def _request(self) -> BookingRequest:
        """Read the form: what it has for people becomes what the API has."""
        given = self.request.body_arguments
        again, count = (_taken(given, name) for name in ("_again", "_count"))
        if again and not _last(given, "recurrence"):
            if not count.isdigit():
                raise InvalidRequest("Say how many times it is again; the first one counts, too.")
            given["recurrence"] = [f"{again};COUNT={count}".encode()]
        if _last(given, "first_day") and not _last(given, "last_day"):
            given["last_day"] = given["first_day"]
        if not _last(given, "name"):
            given["name"] = [_last(given, "package").encode()]
        custom = {
            package.name for package in await self.manager.packages.all() if package.is_custom
        }
        if _last(given, "package") not in custom:
            for name in [name for name in given if name.startswith("limits.")]:
                del given[name]
        return in_one(self.read_body(BookingRequest))

    async def bookable(self) -> list[Package]:
        """Return the packages that who looks may book; of who books for others, all."""
        packages = [
            one for one in await self.manager.packages.all() if one.bookable_from_level is not None
        ]
        if self.actor.holds(WRITE_BOOKINGS):
            return packages
        try:
            booker = await self.manager.bookers.of(self.actor.name)
        except AglaisError:
            return packages  # Whoever tries is told why not.
        return [one for one in await self.manager.packages.all() if is_bookable(one, booker)]

    async def form(self, typed: Mapping[str, str]) -> BookingForm:
        """Return the form, with what was typed before."""
        return BookingForm(
            packages=await self.bookable(),
            pools=await self.manager.pools.all(),
            zone=self.zone.key,
            typed=typed,
            may_choose_account=self.actor.holds(WRITE_BOOKINGS),
        )

    def _typed(self) -> dict[str, str]:
        return {name: self.get_body_argument(name) for name in self.request.body_arguments}

    @property
    def zone(self) -> ZoneInfo:
        """Zone in which times are shown and typed."""
        return viewer_zone(self)


def viewer_zone(page: PageHandler) -> ZoneInfo:
    """Return the zone in which somebody looks: chosen now or before, or that of the browser."""
    for asked in (page.get_argument("zone", ""), page.get_cookie(ZONE_COOKIE)):
        try:
            if asked:
                return zone_named(asked)
        except UnknownZoneError:
            continue
    return ZoneInfo("UTC")


def _last(given: Mapping[str, list[bytes]], name: str) -> str:
    values = given.get(name)
    return values[-1].decode("utf-8", "replace").strip() if values else ""


def _taken(given: dict[str, list[bytes]], name: str) -> str:
    value = _last(given, name)
    given.pop(name, None)
    return value
