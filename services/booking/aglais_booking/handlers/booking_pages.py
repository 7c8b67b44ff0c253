"""Pages of bookings: the list, one with its history, a new one, and another name for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from aglais_booking.handlers.booking_form import BooksPage, check_any, viewer_zone
from aglais_booking.handlers.bookings import states_of
from aglais_booking.handlers.one_booking import OneBookingPage
from aglais_booking.managers import Managers
from aglais_booking.managers.base import READ_BOOKINGS, WRITE_BOOKINGS
from aglais_booking.rules.clock import LIVE
from aglais_booking.views.bookings import again, listed, next_span, shown_span, told
from aglais_booking.views.timeline import timeline_of
from aglais_booking.views.words import cores_in_words, moment_in_words
from aglais_hub.errors import AglaisError
from aglais_hub.models import utcnow
from aglais_hub.models.bookings import Booking, BookingEdit, BookingState
from aglais_hub.paging import Batch
from aglais_hub.service import Route
from aglais_hub.web.pages import EditorPage, LongCollectionPage

__all__ = ["ROUTES"]


class BookingsPage(LongCollectionPage):
    """One's own bookings; of who may see them, everybody's."""

    manager: Managers
    title, plural, key, model = "Bookings", "bookings", "id", Booking
    read_scope, template = READ_BOOKINGS, "own/bookings.html"
    columns = ()

    async def batch(self) -> Batch[Booking]:
        """Return those that are asked for: without a word, those that are not over."""
        check_any(self.actor, READ_BOOKINGS)
        accounts = [name for name in self.named("account") if name]
        batch = await self.manager.bookings.page(self.actor, self.place(), accounts, self._states())
        if self._chosen or batch.total is None:
            return batch
        # What comes next is first, where all of it is on one page.
        return replace(batch, things=sorted(batch.things, key=lambda one: next_span(one).starts_at))

    @property
    def _chosen(self) -> str:
        return self.get_query_argument("state", "")

    def _states(self) -> list[BookingState]:
        if not self._chosen:
            return [BookingState.ACTIVE, BookingState.BOOKED]
        return [] if self._chosen == ALL else states_of([self._chosen])

    def show(self, things: Any, **paging: Any) -> None:
        """Write the page."""
        zone, now = viewer_zone(self), utcnow()
        account = self.get_query_argument("account", "")
        self.page(
            self.template,
            title=self.title,
            bookings=[listed(booking, zone, now) for booking in things],
            states=(
                ("", "not over"),
                (ALL, "all"),
                *((one.value, one.value) for one in BookingState),
            ),
            state=self._chosen,
            account=account,
            sees_all=self.actor.holds(READ_BOOKINGS),
            is_filtered=bool(account) or self._chosen not in {"", ALL},
            zone=zone.key,
            **paging,
        )


ALL = "all"


class BookingPage(OneBookingPage):
    """A booking: what it is, its spans, what can be done, and its history."""

    async def get(self, identifier: str) -> None:
        """Show it."""
        booking = await self.booking(identifier)
        zone, now = ZoneInfo(booking.zone), utcnow()
        changes = await self.manager.bookings.changes(self.actor, identifier)
        self.page(
            "own/booking.html",
            title=booking.name,
            booking=booking,
            spans=[shown_span(span, zone, now) for span in booking.spans],
            line=timeline_of(booking, zone, now),
            history=[told(change, zone) for change in changes],
            may_change=self.actor.holds(WRITE_BOOKINGS, booking.account),
            is_live=any(span.state in LIVE for span in booking.spans),
            is_mine=booking.account == self.actor.name,
            made=moment_in_words(booking.created_at, zone),
            again_url=self.url("bookings", "new") + again(booking),
            here_url=self.to_booking(identifier),
            cores=cores_in_words,
            news=NEWS.get(self.get_query_argument("did", "")),
        )


NEWS = {
    "booked": "Booked. It is yours at these times.",
    "changed": "Saved.",
    "moved": "The times are changed.",
    "cancelled": "Cancelled. The time is free for others now.",
}
"""What has just been done, said above the page."""


class NewBookingPage(BooksPage):
    """The form alone, for who knows what to book, or books once more."""

    read_scope = WRITE_BOOKINGS

    async def show(self, problem: AglaisError | None = None) -> None:
        """Show the form, filled with what the address says."""
        query = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        self.page(
            "own/book.html",
            title="Book",
            form=await self.form(self.typed or query),
            address=self.url("bookings", "new"),
            cancel_url=self.url("bookings"),
            problem=problem.message if problem else None,
        )


class BookingEditor(OneBookingPage, EditorPage):
    """The form that edits what a booking is called, and its environment."""

    title, model, edit_scope = "Edit booking", BookingEdit, WRITE_BOOKINGS

    async def prepare(self) -> None:
        """Find out whose booking it is before anything is asked for."""
        await super().prepare()
        if getattr(self, "actor", None) is not None:
            booking = await self.booking(self.path_kwargs["identifier"])
            self._owner = booking.account

    @property
    def owner(self) -> str | None:
        """Whose booking it is."""
        return self._owner

    def heading(self, path: Mapping[str, str]) -> str:
        """Return what the page is called."""
        return self.title

    async def thing(self, identifier: str) -> Booking:  # type: ignore[override]
        """Return it."""
        return await self.booking(identifier)

    async def save(self, edit: BookingEdit, version: str | None, identifier: str) -> Booking:  # type: ignore[override]
        """Save it."""
        return await self.manager.bookings.edit(self.actor, identifier, edit, version)


ROUTES = (
    Route("bookings", BookingsPage),
    Route("bookings/new", NewBookingPage),
    Route("bookings/{identifier}", BookingPage),
    Route("bookings/{identifier}/edit", BookingEditor),
)
