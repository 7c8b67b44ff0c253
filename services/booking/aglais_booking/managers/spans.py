"""Other times for what is booked: extended, shortened, moved, cancelled; and begun and over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from aglais_booking.amounts import cost_of, first_hour
from aglais_booking.managers.base import WRITE_BOOKINGS, Stores
from aglais_booking.managers.bookings import BookingBase, interval, now_is, this_second
from aglais_booking.managers.needs import Need
from aglais_booking.refusals import TooLateError
from aglais_booking.rules.booking import Booker, check_bookable, is_bookable
from aglais_booking.rules.clock import LIVE
from aglais_booking.rules.fair_use import check_periods
from aglais_booking.rules.periods import Period, check_apart, period_of_edit
from aglais_booking.rules.states import moved, settled
from aglais_booking.stores.hours import Wanted
from aglais_hub.calendar import zone_named
from aglais_hub.errors import NotFound
from aglais_hub.identity import Actor
from aglais_hub.models.bookings import Booking, BookingState, Span, SpanEdit, SpanState
from aglais_hub.versions import require_version

__all__ = ["SpanManager"]


class SpanManager(BookingBase):
    """Decides on the times of bookings that there are."""

    async def edit(
        self, actor: Actor, identifier: str, span: str, edit: SpanEdit, version: str | None
    ) -> Booking:
        """Give a span other times: extend, shorten or move it.

        One that is under way keeps its start.

        Raises
        ------
        AglaisError
            One of the refusals; the span stays as it was.
        """
        async with self.reading() as stores:
            seen = self._seen(
                await stores.bookings.get(identifier), identifier, actor, WRITE_BOOKINGS
            )
        booker, now = await self.bookers.of(seen.account), this_second()
        async with self.writing() as stores:
            await stores.bookings.lock_account(seen.account)
            booking = await self._mine(stores, identifier, actor, version)
            old = _of(booking, span)
            if old.state not in LIVE:
                raise TooLateError(f"This span is {old.state.value}; book a new one.")
            new = self._edited(booking, old, edit, now)
            if new == old:
                return booking
            await self._check(stores, booking, old, new, booker, now)
            await self._rehold(stores, booking, old, new, booker, now)
            what = _what(old, new)
            changed = await self._save(stores, booking, [new])
            await stores.changes.add(
                identifier,
                actor.name,
                what,
                span=span,
                old=interval(old),
                new=interval(new),
                why=edit.why,
            )
        self._tell("booking.changed", changed, actor.name, change=what, span=span)
        return now_is(changed)

    async def _mine(
        self, stores: Stores, identifier: str, actor: Actor, version: str | None
    ) -> Booking:
        """Return a booking as it is now, to be changed."""
        found = await self._locked(stores, identifier)
        booking = self._seen(found, identifier, actor, WRITE_BOOKINGS)
        require_version(booking, version)
        return booking

    def _edited(self, booking: Booking, old: Span, edit: SpanEdit, now: datetime) -> Span:
        begun = old.starts_at if old.state is SpanState.ACTIVE else None
        zone = zone_named(booking.zone)
        period = period_of_edit(edit, zone, now, self.horizon, begun)
        others = [one for one in booking.spans if one.id != old.id and one.state in LIVE]
        check_apart([*(_period(one) for one in others), period], zone)
        times = {"starts_at": period.start, "ends_at": period.end}
        return old.model_copy(update=times)

    async def _check(
        self,
        stores: Stores,
        booking: Booking,
        old: Span,
        new: Span,
        booker: Booker,
        now: datetime,
    ) -> None:
        """Refuse more than is fair; less of what one has is always right."""
        if old.starts_at <= new.starts_at and new.ends_at <= old.ends_at:
            return
        package = await self._package(stores, booking.package)
        if not is_bookable(package, booker):
            check_bookable(package, booker, await stores.packages.all())
        fair_use = await stores.fair_uses.get(booker.level)
        period = _period(new)
        check_periods([period], package, fair_use, now, zone_named(booking.zone))
        await self._fair_time(stores, booker, [period], fair_use, booking.zone, but=old.id)

    async def _rehold(
        self,
        stores: Stores,
        booking: Booking,
        old: Span,
        new: Span,
        booker: Booker,
        now: datetime,
    ) -> None:
        """Hold the new times instead of the old ones."""
        period = _period(new)
        wanted = _held(new, now)
        if await self._exchange(stores, booking, [(_held(old, now), wanted)]):
            return
        need = Need(
            package=booking.package,
            limits=booking.limits,
            sharing=booking.sharing,
            spans=[(new.id, Period(max(period.start, now), period.end))],
            zone=zone_named(booking.zone),
            booker=booker,
        )
        pool = self._known(await stores.pools.get(booking.pool), booking.pool)
        raise await need.refusal(stores, [pool])

    async def _exchange(
        self, stores: Stores, booking: Booking, pairs: Sequence[tuple[Wanted, Wanted | None]]
    ) -> bool:
        """Hold other hours for some spans, or none; tell whether there was room."""
        pool = self._known(await stores.pools.lock(booking.pool), booking.pool)
        cost = cost_of(booking.limits.total, booking.sharing, pool)
        await stores.hours.drop([old[0] for old, _ in pairs])
        wanted = [new for _, new in pairs if new is not None and new[1] < new[2]]
        if not wanted or await stores.hours.take_all(pool.name, wanted, cost):
            return True
        # Where the pool has shrunk below what is booked, nothing is free: what was held may stay.
        for old, new in pairs:
            if new is not None:
                first, end = max(old[1], new[1]), min(old[2], new[2])
                await stores.hours.keep_excess(pool.name, first, end, cost)
        return await stores.hours.take_all(pool.name, wanted, cost)

    async def cancel(
        self, actor: Actor, identifier: str, why: str | None, version: str | None = None
    ) -> Booking:
        """Give back all of a booking that is still to come; what is under way ends now.

        Raises
        ------
        TooLateError
            There is nothing left of it to give back.
        """
        return await self._end(actor, identifier, why, version, lambda _span: True)

    async def cancel_span(
        self,
        actor: Actor,
        identifier: str,
        span: str,
        why: str | None,
        version: str | None = None,
    ) -> Booking:
        """Give back one span of a booking, or what is left of it."""
        return await self._end(
            actor, identifier, why, version, lambda one: one.id == span, span=span
        )

    async def _end(
        self,
        actor: Actor,
        identifier: str,
        why: str | None,
        version: str | None,
        is_meant: Callable[[Span], bool],
        *,
        span: str | None = None,
    ) -> Booking:
        now = this_second()
        async with self.writing() as stores:
            booking = await self._mine(stores, identifier, actor, version)
            if span is not None:
                _of(booking, span)
            live = [one for one in booking.spans if is_meant(one) and one.state in LIVE]
            if not live:
                state = _of(booking, span).state if span is not None else booking.state
                raise TooLateError(f"It is {state.value} already; there is nothing to give back.")
            ended = [_ended(one, now) for one in live]
            await self._release(stores, booking, live, ended, now)
            changed = await self._save(stores, booking, ended)
            one_span = interval(live[0]) if span is not None else None
            await stores.changes.add(
                identifier, actor.name, "cancelled", span=span, old=one_span, why=why
            )
            about = None if span is None else live[0]
            await self._notify_cancelled(stores, changed, actor.name, why, about)
        name = "booking.cancelled" if changed.state not in _GOING_ON else "booking.changed"
        self._tell(name, changed, actor.name, change="cancelled", span=span)
        return changed

    async def _release(
        self,
        stores: Stores,
        booking: Booking,
        live: Sequence[Span],
        ended: Sequence[Span],
        now: datetime,
    ) -> None:
        """Hold no more than what has been used: up to the end of this hour."""
        pairs = [
            (_held(old, now), _held(new, now) if new.state is not SpanState.CANCELLED else None)
            for old, new in zip(live, ended, strict=True)
        ]
        await self._exchange(stores, booking, pairs)

    async def _save(self, stores: Stores, booking: Booking, changed: Iterable[Span]) -> Booking:
        """Keep other times of some spans, and what follows from them for the booking."""
        by_id = {one.id: one for one in changed}
        spans = [by_id.get(one.id, one) for one in booking.spans]
        later = settled(booking, spans).model_copy(update={"sequence": booking.sequence + 1})
        await stores.bookings.save(later, by_id.values())
        return later

    def _tell(self, event: str, booking: Booking, by: str, **facts: object) -> None:
        times = {"starts_at": booking.starts_at, "ends_at": booking.ends_at}
        about = {"booking": booking.id, "account": booking.account, "pool": booking.pool}
        self.publish(event, by=by, state=booking.state, **about, **times, **facts)


_GOING_ON = frozenset({BookingState.BOOKED, BookingState.ACTIVE})


def _of(booking: Booking, span: str) -> Span:
    found = next((one for one in booking.spans if one.id == span), None)
    if found is None:
        raise NotFound(f"The booking has no span {span}.")
    return found


def _period(span: Span) -> Period:
    return Period(span.starts_at, span.ends_at)


def _held(span: Span, now: datetime) -> Wanted:
    """Return the hours that a span holds: those that are over are not held any more."""
    period = _period(span)
    return (span.id, max(period.first_hour, first_hour(now)), period.end_hour)


def _ended(span: Span, now: datetime) -> Span:
    """Return a span that is given back: cancelled, or ended now if it is under way."""
    if span.state is SpanState.BOOKED:
        return moved(span, SpanState.CANCELLED)
    return moved(span, SpanState.ENDED).model_copy(update={"ends_at": now})


def _what(old: Span, new: Span) -> str:
    """Return what was done to a span, in a word."""
    if old.starts_at <= new.starts_at and new.ends_at <= old.ends_at:
        return "shortened"
    if new.starts_at <= old.starts_at and old.ends_at <= new.ends_at:
        return "extended"
    return "moved"
