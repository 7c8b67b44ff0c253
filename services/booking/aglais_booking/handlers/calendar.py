"""The calendar: what is available when, as a grid in which a block is selected and booked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aglais_booking.handlers.booking_form import ZONE_COOKIE, BooksPage
from aglais_booking.managers.base import READ_PACKAGES
from aglais_booking.views.booking_form import size_values, usual_limits
from aglais_booking.views.grid import Grid, grid_of
from aglais_booking.views.sizes import parts_of
from aglais_booking.views.words import days_in_words
from aglais_hub.errors import AglaisError, InvalidRequest, NotFound
from aglais_hub.models import utcnow
from aglais_hub.models.availability import Availability, AvailabilityRequest, Granularity
from aglais_hub.models.booking import Package, Sharing
from aglais_hub.service import Route

__all__ = ["ROUTES"]

DAY = timedelta(days=1)
USUAL = "this-week"

TITLES = {
    "today": "Today",
    "tomorrow": "Tomorrow",
    "this-week": "This week",
    "next-week": "Next week",
    "this-month": "This month",
    "next-month": "Next month",
}

LEGEND = (
    ("available", "3", "free, and how many"),
    ("taken", "\u2013", "taken"),
    ("mine", "mine", "your booking"),
    ("past", "·", "past"),
    ("closed", "…", "not to be booked yet"),
)
"""What the cells mean."""


@dataclass(frozen=True)
class Way:
    """A link to the calendar of other days."""

    title: str
    url: str
    is_here: bool = False


class CalendarPage(BooksPage):
    """Packages by time; whoever selects a block there books it."""

    title, is_tab, read_scope = "Calendar", True, READ_PACKAGES

    async def show(self, problem: AglaisError | None = None) -> None:
        """Show the grid, and the form that a block of it is booked with."""
        asked, found, wrong = await self._found()
        if wrong and not problem:
            self.set_status(wrong.status)
        packages = await self.manager.packages.all()
        bookable = [package.name for package in await self.bookable()]
        grid = grid_of(found, packages, bookable, self.zone, utcnow())
        first, last = _days(found, self.zone)
        self.page(
            "own/calendar.html",
            title=self.title,
            grid=grid,
            asked=asked,
            period=days_in_words(first, last),
            first=first,
            last=last,
            ways=list(_ways(asked)),
            before=_beside(asked, first, last, -1),
            after=_beside(asked, first, last, 1),
            packages=sorted(packages, key=_by_size),
            bys=[granularity.value for granularity in Granularity],
            sharings=[sharing.value for sharing in Sharing],
            is_special=bool(asked.model_fields_set & SPECIAL) or wrong is not None,
            legend=LEGEND,
            form=await self.form(self.typed or _usual(asked, grid, packages)),
            address=self.request.uri,
            wrong=wrong.message if wrong else None,
            problem=problem.message if problem else None,
            hint=_hint(grid),
        )

    async def _found(self) -> tuple[AvailabilityRequest, Availability, AglaisError | None]:
        """Return what the address asks for; where there is no such thing, the usual, and why."""
        usual = AvailabilityRequest(zone=self.zone.key)
        try:
            asked = self.read_query(AvailabilityRequest)
            is_chosen = "zone" in asked.model_fields_set
            if not is_chosen:
                asked = asked.model_copy(update={"zone": self.zone.key})
            found = await self.manager.availability.show(self.actor, asked)
        except (InvalidRequest, NotFound) as wrong:
            return usual, await self.manager.availability.show(self.actor, usual), wrong
        if is_chosen:
            self.set_cookie(ZONE_COOKIE, asked.zone, path=self.process.prefix, samesite="Lax")
        return asked, found, None


def _by_size(package: Package) -> tuple[bool, float]:
    """Order packages as the grid does: the largest first, a size of one's own last."""
    return package.is_custom, -package.total_cores


SPECIAL = {"by", "package", "cores", "memory_bytes", "gpus", "sharing", "site", "hardware"}
"""What is chosen in the form behind a summary, which is open then."""


def _days(found: Availability, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first and the last day that are shown."""
    last = found.ends_at.astimezone(zone) - timedelta(seconds=1)
    return found.starts_at.astimezone(zone).date(), last.date()


def _url(asked: AvailabilityRequest, **changes: str) -> str:
    """Return the address of the same calendar, of other days."""
    kept = asked.model_dump(
        mode="json", exclude_defaults=True, exclude={"period", "first", "last", "zone", "by"}
    )
    words = {name: ",".join(one) if isinstance(one, list) else one for name, one in kept.items()}
    return f"?{urlencode(words | changes)}"


def _ways(asked: AvailabilityRequest) -> Iterator[Way]:
    here = None if asked.first or asked.last else asked.period or USUAL
    for period, title in TITLES.items():
        yield Way(title, _url(asked, period=period), is_here=period == here)


def _beside(asked: AvailabilityRequest, first: date, last: date, step: int) -> str:
    """Return the address of the days before or after; months stay whole."""
    if first.day == 1 and (last + DAY).day == 1:
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        first, last = _month(first, step * months), _month(last + DAY, step * months) - DAY
    else:
        length = last - first + DAY
        first, last = first + step * length, last + step * length
    by = {"by": asked.by.value} if asked.by else {}
    return _url(asked, **{"from": first.isoformat(), "to": last.isoformat()}, **by)


def _month(day: date, further: int) -> date:
    months = day.year * 12 + day.month - 1 + further
    return date(months // 12, months % 12 + 1, 1)


def _usual(asked: AvailabilityRequest, grid: Grid, packages: list[Package]) -> dict[str, str]:
    """Return what the form has before anything is selected: what is looked at."""
    usual = {"sharing": asked.sharing.value, "site": asked.site or ""}
    usual["hardware"] = ", ".join(asked.hardware)
    custom = next((package for package in packages if package.is_custom), None)
    # The smallest; a size of one's own only where there is nothing else.
    bookable = [row.package for row in reversed(grid.rows) if row.is_bookable]
    bookable.sort(key=lambda name: custom is not None and name == custom.name)
    if bookable:
        usual["package"] = bookable[0]
    if custom and asked.cores and asked.memory_bytes:
        like = usual_limits(packages) or custom.limits
        parts = parts_of(asked.cores, asked.memory_bytes, asked.gpus, like, custom.limits)
        usual |= {"package": custom.name} | size_values(parts)
    return usual


def _hint(grid: Grid) -> str:
    """Return what to do next."""
    if grid.has_room:
        return "Select a block: drag over it, or choose its first and its last cell."
    if not grid.is_bookable:
        return "Your level cannot book what is shown. Look at other packages."
    return "Nothing is free in these days. Look at others, or at a smaller package."


ROUTES = (Route("calendar", CalendarPage),)
