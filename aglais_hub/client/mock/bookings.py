"""Bookings in memory."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from aglais_hub.client.mock.service import Asked, MockService, answers, refused
from aglais_hub.errors import Conflict, Forbidden, InvalidRequest, NotFound
from aglais_hub.identity import Actor, scope
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Account, Level
from aglais_hub.models.booking import Limits, Package, Pool, Resources, Sharing
from aglais_hub.models.bookings import (
    Booking,
    BookingChange,
    BookingEdit,
    BookingRequest,
    BookingState,
    Cancellation,
    Span,
    SpanEdit,
    SpanState,
)
from aglais_hub.models.fair_use import FairUse, FairUseEdit

__all__ = ["MockBookings"]

READ, WRITE = scope("read", "bookings"), scope("write", "bookings")
READ_PACKAGES, WRITE_PACKAGES = scope("read", "packages"), scope("write", "packages")

DAY = timedelta(days=1)
HORIZON = timedelta(days=400)
LIVE = {SpanState.BOOKED, SpanState.ACTIVE}

Times = tuple[datetime, datetime]


class MockBookings(MockService):
    """Bookings, counted by hours, and fair use."""

    pool: Pool
    known: dict[str, Package]

    def __init__(self) -> None:
        super().__init__()
        self.booked: dict[str, Booking] = {}
        self.history: list[BookingChange] = []
        self.fair = {fair.level: fair for fair in first_fair_uses()}
        self.account_of: Callable[[str], Account] = _nobody
        """Asks the accounts part."""

    @answers("POST", "bookings", WRITE, status=201)
    def book(self, asked: Asked) -> Booking:
        """Book all of it, or say why not."""
        request = asked.body(BookingRequest)
        owner = request.account or asked.actor.name
        asked.actor.require(WRITE, owner)
        times = _times(request)
        account = self.account_of(owner)
        package = self._bookable(request, account)
        live = [one for one in self._of([owner]) if one.state in _GOING_ON]
        if len(live) >= self.fair[account.level].booking_count:
            message = f"{owner} has {len(live)} bookings that are not over."
            raise refused(Conflict, "too-many-bookings", message)
        self._check_times(times, package, account.level)
        booking = _booking(request, owner, package, times)
        self._check_then(booking, ())
        self.booked[booking.id] = booking
        self._note(booking, asked.actor, "made", new=_span_words(booking))
        return booking

    def _bookable(self, request: BookingRequest, account: Account) -> Package:
        package = self.known.get(request.package)
        if package is None:
            message = f"There is no package {request.package}."
            raise refused(NotFound, "unknown-package", message)
        names, lowest = account.limits.bookable_packages, package.bookable_from_level
        by_level = lowest is not None and lowest <= account.level
        if not (by_level if names is None else package.name in names):
            message = f"{account.name} may not book package {package.name}."
            raise refused(Forbidden, "package-not-bookable", message)
        if request.sharing is Sharing.SHARED or (
            request.sharing is Sharing.CUSTOM and account.level < Level.CUSTOM
        ):
            message = f"{request.sharing.value} cannot be booked by {account.name}."
            raise refused(InvalidRequest, "sharing-not-bookable", message)
        return package

    def _check_times(self, times: Iterable[Times], package: Package, level: Level) -> None:
        fair, now = self.fair[level], utcnow()
        longest = timedelta(seconds=package.longest_seconds or fair.longest_seconds)
        furthest = timedelta(seconds=package.furthest_seconds or fair.furthest_seconds)
        for start, end in times:
            if end - start > longest:
                raise refused(InvalidRequest, "span-too-long", f"Book {longest} at most.")
            if start > now + furthest:
                message = f"Book {furthest} ahead at most."
                raise refused(InvalidRequest, "too-far-ahead", message)

    def _check_then(self, booking: Booking, but: Iterable[str]) -> None:
        """Refuse what the pool has no room for, in any hour; some spans are not counted."""
        room = self.pool.promisable
        part = 1 - self.pool.kept_percent / 100
        for hour in {hour for span in _live(booking) for hour in _hours(span)}:
            others = [
                _cost(one.limits, one.sharing, self.pool)
                for one in (*self.booked.values(), booking)
                for span in _live(one)
                if hour in _hours(span) and (one is booking or span.id not in but)
            ]
            cores = sum(one.cores for one in others)
            memory = sum(one.memory_bytes for one in others)
            if cores > room.cores * part + 1e-6 or memory > room.memory_bytes * part:
                message = f"There is no room for package {booking.package} then."
                raise refused(Conflict, "overbooked", message)

    @answers("GET", "bookings", READ)
    def bookings(self, asked: Asked) -> list[Booking]:
        """List bookings, those that end last first."""
        actor, accounts = asked.actor, asked.query.get_list("account")
        for account in accounts:
            if account != actor.name:
                actor.require(READ, owner=account)
        seen = accounts or (None if actor.holds(READ) else [actor.name])
        states = asked.query.get_list("state")
        found = [one for one in self._of(seen) if not states or one.state in states]
        return sorted(found, key=lambda one: (one.ends_at, one.id), reverse=True)

    def _of(self, accounts: Iterable[str] | None) -> list[Booking]:
        return [one for one in self.booked.values() if accounts is None or one.account in accounts]

    @answers("GET", "bookings/{identifier}", READ)
    def booking(self, asked: Asked, identifier: str) -> Booking:
        """Return a booking."""
        return self._seen(asked.actor, identifier, READ)

    def _seen(self, actor: Actor, identifier: str, needed: str) -> Booking:
        booking = self.booked.get(identifier)
        if booking is None or not actor.holds(needed, booking.account):
            raise NotFound(f"There is no booking {identifier}, or it is not yours.")
        return booking

    @answers("POST", "bookings/{identifier}", WRITE)
    def edit_booking(self, asked: Asked, identifier: str) -> Booking:
        """Change its name or environment."""
        edit = asked.body(BookingEdit)
        before = self._seen(asked.actor, identifier, WRITE)
        after = before.model_copy(update=dict(edit))
        self.booked[identifier] = after
        if before.name != after.name:
            self._note(after, asked.actor, "renamed", old=before.name, new=after.name)
        if before.environment != after.environment:
            old, new = before.environment, after.environment
            self._note(after, asked.actor, "environment", old=old, new=new)
        return after

    @answers("POST", "bookings/{identifier}/cancel", WRITE)
    def cancel_booking(self, asked: Asked, identifier: str) -> Booking:
        """Give back what is still to come."""
        why = asked.body(Cancellation).why
        booking = self._seen(asked.actor, identifier, WRITE)
        after = self._cancelled(booking, {span.id for span in booking.spans})
        self._note(after, asked.actor, "cancelled", why=why)
        return after

    def _cancelled(self, booking: Booking, meant: set[str]) -> Booking:
        if not any(span.id in meant for span in _live(booking)):
            raise refused(Conflict, "too-late", "There is nothing to give back.")
        spans = [_given_back(span) if span.id in meant else span for span in booking.spans]
        return self._keep(booking, spans)

    @answers("POST", "bookings/{identifier}/spans/{span}/cancel", WRITE)
    def cancel_span(self, asked: Asked, identifier: str, span: str) -> Booking:
        """Give back one span."""
        why = asked.body(Cancellation).why
        booking = self._seen(asked.actor, identifier, WRITE)
        old = _words(_of(booking, span))
        after = self._cancelled(booking, {span})
        self._note(after, asked.actor, "cancelled", span=span, old=old, why=why)
        return after

    @answers("POST", "bookings/{identifier}/spans/{span}", WRITE)
    def edit_span(self, asked: Asked, identifier: str, span: str) -> Booking:
        """Extend, shorten or move a span."""
        edit = asked.body(SpanEdit)
        booking = self._seen(asked.actor, identifier, WRITE)
        old = _of(booking, span)
        if old.state not in LIVE:
            raise refused(Conflict, "too-late", f"This span is {old.state.value}.")
        zone = _zone(booking.zone)
        start, end = _checked(_moment(edit.start, zone), _moment(edit.end, zone))
        start = old.starts_at if old.state is SpanState.ACTIVE else start
        new = old.model_copy(update={"starts_at": start, "ends_at": end})
        level = self.account_of(booking.account).level
        self._check_times([(start, end)], self.known[booking.package], level)
        self._check_then(booking.model_copy(update={"spans": (new,)}), [span])
        after = self._keep(booking, [new if one.id == span else one for one in booking.spans])
        facts = {"old": _words(old), "new": _words(new), "why": edit.why}
        self._note(after, asked.actor, _what(old, new), span=span, **facts)
        return after

    def _keep(self, booking: Booking, spans: list[Span]) -> Booking:
        update = {"spans": tuple(spans), "sequence": booking.sequence + 1}
        after = _settled(booking.model_copy(update=update))
        self.booked[booking.id] = after
        return after

    def _note(self, booking: Booking, actor: Actor, what: str, **facts: str | None) -> None:
        given = {"span": None, "old": None, "new": None, "why": None} | facts
        change = BookingChange(booking=booking.id, at=utcnow(), by=actor.name, what=what, **given)
        self.history.insert(0, change)

    @answers("GET", "bookings/{identifier}/changes", READ)
    def booking_changes(self, asked: Asked, identifier: str) -> list[BookingChange]:
        """Return the history of a booking."""
        self._seen(asked.actor, identifier, READ)
        return [one for one in self.history if one.booking == identifier]

    @answers("GET", "fair-uses", READ_PACKAGES)
    def fair_uses(self, _asked: Asked) -> list[FairUse]:
        """List how much the levels may book."""
        return list(self.fair.values())

    @answers("GET", "fair-uses/{level}", READ_PACKAGES)
    def fair_use(self, _asked: Asked, level: str) -> FairUse:
        """Return how much a level may book."""
        return self.fair[_level(level)]

    @answers("POST", "fair-uses/{level}", WRITE_PACKAGES)
    def edit_fair_use(self, asked: Asked, level: str) -> FairUse:
        """Change how much a level may book."""
        edit = asked.body(FairUseEdit)
        asked.actor.require(WRITE_PACKAGES)
        self.fair[_level(level)] = FairUse(level=_level(level), **dict(edit))
        return self.fair[_level(level)]


_GOING_ON = {BookingState.BOOKED, BookingState.ACTIVE}


def first_fair_uses() -> list[FairUse]:
    """Return what a new platform lets its levels book."""
    rows = ((0, 1, 1, 0, 0), (1, 14, 90, 5, 240), (2, 62, 365, 20, None))
    day = 86_400
    return [
        FairUse(
            level=Level(level),
            longest_seconds=longest * day,
            furthest_seconds=furthest * day,
            booking_count=count,
            window_seconds=30 * day,
            window_booked_seconds=hours if not hours else hours * 3600,
        )
        for level, longest, furthest, count, hours in rows
    ]


def _nobody(name: str) -> Account:
    raise NotFound(f"There is no account {name}.")


def _level(text: str) -> Level:
    try:
        return Level(int(text))
    except ValueError:
        raise NotFound(f"There is no level {text}.") from None


def _times(request: BookingRequest) -> list[Times]:
    zone = _zone(request.zone)
    if request.first_day is not None:
        first, last = request.first_day, request.last_day or request.first_day
        count = last - first + DAY
        days = _again(request, datetime.combine(first, time()))
        wall = [(day, day + count) for day in days]
        return sorted(_checked(_moment(one, zone), _moment(end, zone)) for one, end in wall)
    spans = [(one.start, one.end) for one in request.spans]
    if request.start is not None and request.end is not None:
        spans = [(request.start, request.end)]
    if request.recurrence is not None and spans:
        start, end = spans[0]
        spans = [(one, one + (end - start)) for one in _again(request, start)]
    if not spans:
        raise InvalidRequest("Say when: first_day and last_day, or start and end, or spans.")
    return sorted(_checked(_moment(one, zone), _moment(end, zone)) for one, end in spans)


def _again(request: BookingRequest, first: datetime) -> list[datetime]:
    if request.recurrence is None:
        return [first]
    if "COUNT" not in request.recurrence and "UNTIL" not in request.recurrence:
        raise refused(InvalidRequest, "endless-recurrence", "The recurrence has no end.")
    try:
        return list(rrulestr(request.recurrence, dtstart=first))
    except ValueError as wrong:
        raise refused(InvalidRequest, "bad-recurrence", f"{wrong}.") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise refused(InvalidRequest, "unknown-zone", f"There is no time zone {name}.") from None


def _moment(given: datetime, zone: ZoneInfo) -> datetime:
    return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)


def _checked(start: datetime, end: datetime) -> Times:
    now = utcnow().replace(microsecond=0)
    if end <= start:
        raise refused(InvalidRequest, "end-before-start", "The end comes after the start.")
    if end <= now or start < now - DAY:
        raise refused(InvalidRequest, "span-in-past", "Book from now on.")
    if end > now + HORIZON:
        raise refused(InvalidRequest, "too-far-ahead", f"Book up to {HORIZON} ahead.")
    return max(start, now), end


def _booking(
    request: BookingRequest, owner: str, package: Package, times: Iterable[Times]
) -> Booking:
    spans = tuple(
        Span(id=secrets.token_hex(16), starts_at=start, ends_at=end, state=SpanState.BOOKED)
        for start, end in times
    )
    same = {"name", "package", "sharing", "environment", "site", "hardware", "zone", "recurrence"}
    booking = Booking(
        id=secrets.token_hex(16),
        account=owner,
        pool="embedded",
        limits=request.limits or package.limits,
        state=BookingState.BOOKED,
        starts_at=spans[0].starts_at,
        ends_at=spans[-1].ends_at,
        spans=spans,
        created_at=utcnow().replace(microsecond=0),
        sequence=0,
        **{name: getattr(request, name) for name in same},
    )
    return _settled(booking)


def _settled(booking: Booking) -> Booking:
    now = utcnow()
    spans = sorted((_as_of(span, now) for span in booking.spans), key=lambda one: one.starts_at)
    states = {span.state for span in spans}
    order = (SpanState.ACTIVE, SpanState.BOOKED, SpanState.ENDED, SpanState.CANCELLED)
    state = BookingState(next(one.value for one in order if one in states))
    counted = [span for span in spans if span.state is not SpanState.CANCELLED] or spans
    return booking.model_copy(
        update={
            "spans": tuple(spans),
            "state": state,
            "starts_at": min(span.starts_at for span in counted),
            "ends_at": max(span.ends_at for span in counted),
        }
    )


def _as_of(span: Span, now: datetime) -> Span:
    if span.state not in LIVE:
        return span
    state = SpanState.ACTIVE if span.starts_at <= now else SpanState.BOOKED
    return span.model_copy(update={"state": SpanState.ENDED if span.ends_at <= now else state})


def _given_back(span: Span) -> Span:
    if span.state is SpanState.BOOKED:
        return span.model_copy(update={"state": SpanState.CANCELLED})
    if span.state is SpanState.ACTIVE:
        now = utcnow().replace(microsecond=0)
        return span.model_copy(update={"state": SpanState.ENDED, "ends_at": now})
    return span


def _live(booking: Booking) -> list[Span]:
    return [span for span in booking.spans if span.state in LIVE]


def _of(booking: Booking, span: str) -> Span:
    found = [one for one in booking.spans if one.id == span]
    if not found:
        raise NotFound(f"The booking has no span {span}.")
    return found[0]


def _hours(span: Span) -> range:
    first, end = (int(moment.timestamp()) for moment in (span.starts_at, span.ends_at))
    return range(first // 3600, -(-end // 3600))


def _cost(limits: Limits, sharing: Sharing, pool: Pool) -> Resources:
    times = pool.core_overcommit if sharing in {Sharing.RESERVED, Sharing.CUSTOM} else 1
    total = limits.total
    return Resources(cores=total.cores * times, memory_bytes=total.memory_bytes)


def _what(old: Span, new: Span) -> str:
    if old.starts_at <= new.starts_at and new.ends_at <= old.ends_at:
        return "shortened"
    is_longer = new.starts_at <= old.starts_at and old.ends_at <= new.ends_at
    return "extended" if is_longer else "moved"


def _span_words(booking: Booking) -> str:
    spans = booking.spans
    return _words(spans[0]) if len(spans) == 1 else f"{len(spans)} spans"


def _words(span: Span) -> str:
    return f"{span.starts_at:%Y-%m-%dT%H:%M:%SZ}/{span.ends_at:%Y-%m-%dT%H:%M:%SZ}"
