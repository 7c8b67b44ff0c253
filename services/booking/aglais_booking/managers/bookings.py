"""Which bookings there are, and who may make one."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from aglais_booking.amounts import first_hour
from aglais_booking.managers.base import (
    READ_BOOKINGS,
    WRITE_BOOKINGS,
    BookingsManager,
    Stores,
)
from aglais_booking.managers.bookers import Bookers
from aglais_booking.managers.clock import ClockManager
from aglais_booking.managers.needs import Need
from aglais_booking.managers.pools import PoolManager
from aglais_booking.rules.booking import (
    Booker,
    check_bookable,
    check_sharing,
    is_bookable,
    pools_for,
    shape_of,
)
from aglais_booking.rules.fair_use import check_booked_time, check_count, check_periods
from aglais_booking.rules.periods import Period, periods_of
from aglais_booking.rules.states import as_of, settled
from aglais_hub.calendar import zone_named
from aglais_hub.errors import NotFound
from aglais_hub.identity import Actor
from aglais_hub.models import utcnow
from aglais_hub.models.booking import Pool
from aglais_hub.models.bookings import (
    Booking,
    BookingChange,
    BookingEdit,
    BookingRequest,
    BookingState,
    Span,
    SpanState,
)
from aglais_hub.models.fair_use import FairUse
from aglais_hub.paging import Batch, Window
from aglais_hub.service import Context
from aglais_hub.versions import require_version

__all__ = ["BookingBase", "BookingManager", "interval", "now_is", "this_second"]


def this_second() -> datetime:
    """Return this moment, in whole seconds, as bookings have them."""
    return utcnow().replace(microsecond=0)


class BookingBase(BookingsManager):
    """What the managers of bookings and of their spans share."""

    def __init__(self, context: Context, bookers: Bookers, clock: ClockManager) -> None:
        super().__init__(context)
        self.bookers = bookers
        self.clock = clock

    @property
    def horizon(self) -> timedelta:
        """How far ahead anything can be booked."""
        return timedelta(days=self.config.horizon_days)

    def _seen(self, booking: Booking | None, identifier: str, actor: Actor, scope: str) -> Booking:
        """Return a booking as it is now, to somebody who may see it."""
        sees = booking is not None and any(
            actor.holds(one, booking.account) for one in (READ_BOOKINGS, scope)
        )
        if booking is None or not sees:
            raise NotFound(f"There is no booking {identifier}, or it is not yours.")
        actor.require(scope, owner=booking.account)
        return now_is(booking)

    async def _locked(self, stores: Stores, identifier: str) -> Booking | None:
        """Return a booking as it is kept; nobody else changes it until the transaction ends.

        Its pool is what is locked: the clock does the same, and what is due by now is done first,
        so that no span begins or ends without a word.
        """
        booking = await stores.bookings.get(identifier)
        if booking is None:
            return None
        await stores.pools.lock(booking.pool)
        while await self.clock.catch_up(stores, booking.pool, utcnow()):
            pass
        return await stores.bookings.get(identifier)

    async def learn(self, actor: Actor, identifier: str) -> None:
        """Ask what must be known of the owner of a booking, before any transaction."""
        async with self.reading() as stores:
            booking = await stores.bookings.get(identifier)
        seen = self._seen(booking, identifier, actor, WRITE_BOOKINGS)
        await self.bookers.of(seen.account)

    async def _fair_time(
        self,
        stores: Stores,
        booker: Booker,
        periods: Sequence[Period],
        fair_use: FairUse,
        zone: str,
        *,
        but: str = "",
    ) -> None:
        """Refuse more booked time than is fair; `but` is the span that is booked anew."""
        if fair_use.window_booked_seconds is None:
            return
        window = timedelta(seconds=fair_use.window_seconds)
        first, end = periods[0].start - window, periods[-1].end + window
        found = await stores.bookings.booked(booker.name, first, end)
        earlier = [Period(start, stop) for span, start, stop in found if span != but]
        check_booked_time(earlier, periods, fair_use, booker, zone_named(zone))


def now_is(booking: Booking) -> Booking:
    """Return a booking as the clock says that it is."""
    now = utcnow()
    return settled(booking, [as_of(span, now) for span in booking.spans])


class BookingManager(BookingBase):
    """Decides on bookings."""

    def __init__(
        self, context: Context, bookers: Bookers, clock: ClockManager, pools: PoolManager
    ) -> None:
        super().__init__(context, bookers, clock)
        self.pools = pools

    def owner_of(self, actor: Actor, request: BookingRequest) -> str:
        """Return for whom a booking is asked for, if the actor may.

        Raises
        ------
        Forbidden
            It is for another account, and the actor may book for itself only.
        """
        owner = request.account or actor.name
        actor.require(WRITE_BOOKINGS, owner=owner)
        return owner

    async def prepare(self, actor: Actor, request: BookingRequest) -> None:
        """Ask what must be known of who books, before any transaction."""
        await self.bookers.of(self.owner_of(actor, request))
        await self.pools.ensure()

    async def create(self, actor: Actor, request: BookingRequest) -> Booking:
        """Book all that is asked for, or nothing.

        Raises
        ------
        AglaisError
            One of the refusals: it says what is wrong, or when it would work.
        """
        owner, now = self.owner_of(actor, request), this_second()
        periods = periods_of(request, now, self.horizon)
        booker = await self.bookers.of(owner)
        async with self.writing() as stores:
            booking = await self._book(stores, request, booker, periods, now)
            new = f"{len(periods)} spans" if len(periods) > 1 else interval(booking.spans[0])
            await stores.changes.add(booking.id, actor.name, "made", new=new)
        # The clock notes which spans have begun, and tells of it: kept, they are still to come.
        booking = now_is(booking)
        facts = {"account": owner, "package": booking.package, "pool": booking.pool}
        times = {"starts_at": booking.starts_at, "ends_at": booking.ends_at}
        self.publish(
            "booking.made", booking=booking.id, by=actor.name, spans=len(periods), **facts, **times
        )
        return booking

    async def _book(
        self,
        stores: Stores,
        request: BookingRequest,
        booker: Booker,
        periods: Sequence[Period],
        now: datetime,
    ) -> Booking:
        package = await self._package(stores, request.package)
        fair_use = await stores.fair_uses.get(booker.level)
        if not is_bookable(package, booker):
            check_bookable(package, booker, await stores.packages.all())
        check_sharing(request, booker)
        limits = shape_of(package, request.limits)
        check_periods(periods, package, fair_use, now, zone_named(request.zone))
        await stores.bookings.lock_account(booker.name)
        live = await stores.bookings.live(booker.name, now)
        check_count(live, package, fair_use, booker)
        await self._fair_time(stores, booker, periods, fair_use, request.zone)
        pools = pools_for(await self._pools(stores), request)
        need = Need(
            package=package.name,
            limits=limits,
            sharing=request.sharing,
            spans=[(secrets.token_hex(16), period) for period in periods],
            zone=zone_named(request.zone),
            booker=booker,
        )
        with_room = await need.with_room(stores, pools)
        return await self._hold(stores, _booking(request, booker, need, now), need, with_room)

    async def _pools(self, stores: Stores) -> list[Pool]:
        """Return all pools; that of this machine is made if nobody has asked for one yet."""
        found = await stores.pools.all()
        if not found:
            await self.pools.ensure()
            found = await stores.pools.all()
        return found

    async def _hold(
        self, stores: Stores, booking: Booking, need: Need, pools: Sequence[Pool]
    ) -> Booking:
        """Keep a booking, and hold all of it in the first pool that still has room."""
        for pool in pools:
            locked = self._known(await stores.pools.lock(pool.name), pool.name)
            placed = booking.model_copy(update={"pool": pool.name})
            if pool is pools[0]:
                await stores.bookings.add(placed)
            if await stores.hours.take_all(pool.name, need.wanted, need.cost(locked)):
                if pool is not pools[0]:
                    await stores.bookings.save(placed)
                return placed
        raise await need.refusal(stores, pools)

    async def page(
        self,
        actor: Actor,
        window: Window,
        accounts: Collection[str] = (),
        states: Collection[BookingState] = (),
    ) -> Batch[Booking]:
        """Return a part of the bookings, of all whom the actor may see or of those named."""
        for account in accounts:
            if account != actor.name:
                actor.require(READ_BOOKINGS, owner=account)
        seen = accounts or (None if actor.holds(READ_BOOKINGS) else [actor.name])
        async with self.reading() as stores:
            batch = await stores.bookings.page(window, seen, states)
            things = await self._with_capacity(stores, batch.things)
        return Batch(things, batch.following, batch.is_first)

    async def get(self, actor: Actor, identifier: str) -> Booking:
        """Return a booking."""
        async with self.reading() as stores:
            booking = await stores.bookings.get(identifier)
            seen = self._seen(booking, identifier, actor, READ_BOOKINGS)
            return (await self._with_capacity(stores, [seen]))[0]

    async def _with_capacity(self, stores: Stores, bookings: Sequence[Booking]) -> list[Booking]:
        """Return bookings as they are now, and say of each what is not as it was booked."""
        current = [now_is(booking) for booking in bookings]
        still = {BookingState.BOOKED, BookingState.ACTIVE}
        held = [one.id for one in current if one.state in still]
        since = first_hour(utcnow())
        over = await stores.timelines.over_among(held, since) if held else set()
        problems = await stores.leases.problems(held) if held else {}
        return [
            one.model_copy(
                update={"is_over_capacity": one.id in over, "lease_problem": problems.get(one.id)}
            )
            for one in current
        ]

    async def changes(self, actor: Actor, identifier: str) -> list[BookingChange]:
        """Return the history of a booking, the latest first."""
        async with self.reading() as stores:
            booking = await stores.bookings.get(identifier)
            self._seen(booking, identifier, actor, READ_BOOKINGS)
            return await stores.changes.of(identifier)

    async def edit(
        self, actor: Actor, identifier: str, edit: BookingEdit, version: str | None
    ) -> Booking:
        """Call a booking otherwise, or have it start in another environment."""
        async with self.writing() as stores:
            booking = await self._locked(stores, identifier)
            seen = self._seen(booking, identifier, actor, WRITE_BOOKINGS)
            require_version(seen, version)
            edited = seen.model_copy(update=dict(edit))
            await stores.bookings.rename(edited)
            for what, old, new in (
                ("renamed", seen.name, edited.name),
                ("environment", seen.environment, edited.environment),
            ):
                if old != new:
                    await stores.changes.add(identifier, actor.name, what, old=old, new=new)
        self.publish("booking.changed", booking=identifier, account=seen.account, by=actor.name)
        return edited


def _booking(request: BookingRequest, booker: Booker, need: Need, now: datetime) -> Booking:
    spans = [
        Span(id=span, starts_at=one.start, ends_at=one.end, state=SpanState.BOOKED)
        for span, one in need.spans
    ]
    booking = Booking(
        id=secrets.token_hex(16),
        account=booker.name,
        name=request.name,
        package=request.package,
        sharing=request.sharing,
        environment=request.environment,
        pool="any",
        site=request.site,
        hardware=request.hardware,
        limits=need.limits,
        zone=request.zone,
        state=BookingState.BOOKED,
        starts_at=now,
        ends_at=now,
        spans=(),
        recurrence=request.recurrence,
        created_at=now,
        sequence=0,
    )
    return settled(booking, spans)


def interval(span: Span) -> str:
    """Return a span's times as ISO 8601 writes an interval, for the history."""
    return f"{span.starts_at:%Y-%m-%dT%H:%M:%SZ}/{span.ends_at:%Y-%m-%dT%H:%M:%SZ}"
