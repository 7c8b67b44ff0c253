"""Whatever people do with bookings and operators with pools: the ledger is as one by brute force.

Hypothesis books, moves, extends, shortens and cancels, changes the pool, gives and takes capacity,
and lets time pass. What is accepted, and what is free in each hour, is compared after each step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from aglais_booking import service
from aglais_booking.managers import Managers
from aglais_hub.database import Database
from aglais_hub.errors import AglaisError
from aglais_hub.events import EventLog
from aglais_hub.identity import Actor
from aglais_hub.models.accounts import Level
from aglais_hub.models.booking import Limits, Machines, PoolEdit, UnitLimits
from aglais_hub.models.bookings import BookingRequest, SpanEdit
from aglais_hub.models.capacities import CapacityEffect, CapacityRequest
from aglais_hub.models.fair_use import FairUseEdit
from aglais_hub.service import Context
from tests.booking.ledger_model import (
    HOUR,
    Booking,
    Ledger,
    Pair,
    Span,
    Turn,
    held,
    seconds,
)
from tests.booking.world import ALL, people
from tests.support.services import prepare_database

T = TypeVar("T")

GIB = 2**30
START = datetime(2026, 6, 1, 9, 20, tzinfo=UTC)
OVERCOMMIT = 2
DAYS_OPEN = 4
ADMIN = Actor("olga", "user", frozenset(ALL))
GENEROUS = FairUseEdit(
    longest_seconds=10**7,
    furthest_seconds=10**7,
    booking_count=10_000,
    window_seconds=10**7,
    window_booked_seconds=None,
)
EMPTIED = ("changes", "notices", "holds", "spans", "bookings", "hours", "capacities")

halves = st.integers(0, 72)
lengths = st.integers(1, 30)
"""In half hours."""
times = st.tuples(halves, lengths)
cores, gibs = st.integers(1, 3), st.integers(1, 4)


class BookingMachine(RuleBasedStateMachine):
    """The managers beside the model."""

    url: ClassVar[str]
    loop: ClassVar[asyncio.AbstractEventLoop]
    manager: ClassVar[Managers]

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(START, tick=False)
        self.moment = self.clock.start()
        self.now = START
        self.first = seconds(START) // HOUR
        self.end = -(-seconds(START + timedelta(days=DAYS_OPEN)) // HOUR)

    def teardown(self) -> None:
        self.clock.stop()

    def run(self, asked: Awaitable[T]) -> T:
        async def wait() -> T:
            return await asked

        return self.loop.run_until_complete(wait())

    def outcome(self, asked: Awaitable[T]) -> T | str:
        try:
            return self.run(asked)
        except AglaisError as problem:
            return problem.code

    @property
    def hour(self) -> int:
        return seconds(self.now) // HOUR

    @initialize(cores=st.integers(2, 6), gib=st.integers(4, 16), kept=st.sampled_from([0, 25]))
    def open(self, cores: int, gib: int, kept: int) -> None:
        self.run(self._empty())
        self.run(self.manager.pools.ensure())
        self.ledger = Ledger(NOTHING_YET, 0)
        self.resize(cores, gib, kept)

    async def _empty(self) -> None:
        async with self.manager.context.database.transaction() as session:
            for table in EMPTIED:
                await session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 (constants)

    @rule(cores=st.integers(1, 6), gib=st.integers(2, 16), kept=st.sampled_from([0, 25]))
    def resize(self, cores: int, gib: int, kept: int) -> None:
        edit = PoolEdit(
            resources=Machines(cores=cores, memory_bytes=gib * GIB),
            core_overcommit=OVERCOMMIT,
            kept_percent=kept,
        )
        self.run(self.manager.pools.edit(ADMIN, "embedded", edit, None))
        self.ledger.physical = (cores * OVERCOMMIT * 1000, gib * GIB)
        self.ledger.kept_percent = kept
        self._recount()

    def _recount(self) -> None:
        end = -(-seconds(self.now + timedelta(days=DAYS_OPEN)) // HOUR)
        self.end = max(self.end, end)
        self.ledger.count_anew(self.hour, self.end)

    @rule(span=times, cores=st.integers(0, 3), gib=st.integers(1, 6), adds=st.booleans())
    def allocate(self, span: tuple[int, int], cores: int, gib: int, *, adds: bool) -> None:
        start, end = self._moments(span)
        effect = CapacityEffect.ADDS if adds else CapacityEffect.REMOVES
        request = CapacityRequest(
            pool="embedded",
            title="A test",
            effect=effect,
            cores=cores,
            memory_bytes=gib * GIB,
            starts_at=start,
            ends_at=end,
        )
        self.run(self.manager.capacities.create(ADMIN, request))
        first, last = seconds(start), seconds(end)
        inside = (-(-first // HOUR), last // HOUR) if adds else (first // HOUR, -(-last // HOUR))
        amount = (cores * OVERCOMMIT * 1000, gib * GIB)
        self.ledger.turns.append(Turn(*inside, amount, 1 if adds else -1))
        self._recount()

    def _moments(self, span: tuple[int, int]) -> tuple[datetime, datetime]:
        """Return a time from this half hour on; what has begun begins now."""
        base = self.now.replace(minute=30 * (self.now.minute // 30))
        start = base + timedelta(minutes=30 * span[0])
        return max(start, self.now), start + timedelta(minutes=30 * span[1])

    @rule(
        spans=st.lists(times, min_size=1, max_size=3),
        cores=cores,
        gib=gibs,
        reserved=st.booleans(),
    )
    def book(self, spans: list[tuple[int, int]], cores: int, gib: int, *, reserved: bool) -> None:
        wanted = sorted(self._moments(span) for span in spans)
        found = self.outcome(
            self.manager.bookings.create(ADMIN, request(wanted, cores, gib, reserved))
        )
        cost = cost_of(cores, gib, reserved)
        ranges = [held(seconds(one), seconds(two), seconds(self.now)) for one, two in wanted]
        if overlap(wanted):
            assert found == "spans-overlap"
        elif not self.ledger.has_room(cost, ranges):
            assert found == "overbooked"
        else:
            assert not isinstance(found, str), found
            kept = {
                one.id: Span(seconds(one.starts_at), seconds(one.ends_at), hours)
                for one, hours in zip(found.spans, ranges, strict=True)
            }
            self.ledger.bookings[found.id] = Booking(cost, kept)

    def _some(self, data: st.DataObject) -> tuple[str, str] | None:
        """Choose a span that is not over."""
        now = seconds(self.now)
        live = [
            (name, span)
            for name, booking in self.ledger.bookings.items()
            for span, one in booking.spans.items()
            if one.at(now) != "ended"
        ]
        return data.draw(st.sampled_from(live)) if live else None

    @precondition(lambda self: self.ledger.bookings)
    @rule(data=st.data(), span=times)
    def edit(self, data: st.DataObject, span: tuple[int, int]) -> None:
        chosen = self._some(data)
        if chosen is None:
            return
        name, identifier = chosen
        booking, now = self.ledger.bookings[name], seconds(self.now)
        old = booking.spans[identifier]
        start, end = self._moments(span)
        found = self.outcome(
            self.manager.spans.edit(ADMIN, name, identifier, SpanEdit(start=start, end=end), None)
        )
        first = old.start if old.at(now) == "active" else seconds(start)
        others = [
            (one.start, one.end)
            for key, one in booking.spans.items()
            if key != identifier and one.at(now) != "ended"
        ]
        if overlap([*others, (first, seconds(end))]):
            assert found == "spans-overlap"
        elif self.ledger.edit(name, identifier, first, seconds(end), now):
            assert not isinstance(found, str), found
        else:
            assert found == "overbooked"

    @precondition(lambda self: self.ledger.bookings)
    @rule(data=st.data(), whole=st.booleans())
    def cancel(self, data: st.DataObject, *, whole: bool) -> None:
        chosen = self._some(data)
        if chosen is None:
            return
        name, span = chosen
        spans = self.manager.spans
        asked = (
            spans.cancel(ADMIN, name, None) if whole else spans.cancel_span(ADMIN, name, span, None)
        )
        assert not isinstance(self.outcome(asked), str)
        meant = list(self.ledger.bookings[name].spans) if whole else [span]
        self.ledger.cancel(name, meant, seconds(self.now))

    @precondition(lambda self: self.now < START + timedelta(days=2))
    @rule(minutes=st.integers(1, 300))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.moment.move_to(self.now)
        self.run(self.manager.clock.tick())

    @invariant()
    def every_hour_is_as_by_brute_force(self) -> None:
        if not hasattr(self, "ledger"):
            return
        rows = self.run(self._rows())
        found = {hour: (cores, memory) for hour, cores, memory, *_ in rows}
        assert found == {hour: self.ledger.free(hour) for hour in range(self.first, self.end)}

    async def _rows(self) -> list[Any]:
        async with self.manager.bookings.reading() as stores:
            return await stores.hours.free("embedded", self.first, 2**31 - 1)

    @invariant()
    def states_are_those_of_the_time(self) -> None:
        for name, booking in getattr(self, "ledger", EMPTY).bookings.items():
            seen = self.run(self.manager.bookings.get(ADMIN, name))
            for one in seen.spans:
                state = (
                    booking.spans[one.id].at(seconds(self.now))
                    if one.id in booking.spans
                    else "cancelled"
                )
                assert one.state == state


NOTHING_YET = (0, 0)
EMPTY = Ledger(NOTHING_YET, 0)


def request(
    wanted: list[tuple[datetime, datetime]], cores: int, gib: int, reserved: bool
) -> BookingRequest:
    unit = UnitLimits(cores=cores, memory_bytes=gib * GIB)
    limits = Limits(
        frontend=unit, worker=UnitLimits(cores=1, memory_bytes=GIB), worker_count=1, disk_bytes=GIB
    )
    given = {
        "name": "A test",
        "package": "custom",
        "account": "nora",
        "sharing": "reserved" if reserved else "managed",
        "limits": limits,
        "spans": [{"start": start, "end": end} for start, end in wanted],
    }
    return BookingRequest.model_validate(given)


def cost_of(cores: int, gib: int, reserved: bool) -> Pair:
    return ((cores + 1) * 1000 * (OVERCOMMIT if reserved else 1), (gib + 1) * GIB)


def overlap(spans: list[tuple[Any, Any]]) -> bool:
    ordered = sorted(spans)
    return any(two[0] < one[1] for one, two in pairwise(ordered))


def explore(url: str, examples: int, steps: int) -> None:
    """Let hypothesis do what it can think of, on one database that is emptied each time."""
    loop = asyncio.new_event_loop()
    database = Database(url)
    config = service.config(database_url=url, horizon_days=DAYS_OPEN)
    clients = loop.run_until_complete(people()).clients
    manager = Managers(Context(config, database, EventLog("booking", None), clients))
    loop.run_until_complete(
        manager.fair_uses.edit(Actor("olga", "user", frozenset(ALL)), Level.CUSTOM, GENEROUS, None)
    )
    members = {"url": url, "loop": loop, "manager": manager}
    machine = type("Machine", (BookingMachine,), members)
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    try:
        run_state_machine_as_test(machine, settings=profile)
    finally:
        loop.run_until_complete(database.close())
        loop.close()


def test_a_few_things_that_people_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    prepare_database(service.package, url)
    explore(url, examples=6, steps=20)


@pytest.mark.slow
def test_many_things_that_people_do(database_url: str) -> None:
    prepare_database(service.package, database_url)
    explore(database_url, examples=20, steps=30)
